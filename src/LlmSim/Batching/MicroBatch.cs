using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Requests that are computed together, and their iterations that are under way. An instance has one of them, a pipeline as many as stages: while one is in the
/// second stage, the next is in the first.
/// </summary>
/// <param name="decoding">Those of its requests that decode in step.</param>
/// <param name="times">When its iterations end.</param>
/// <param name="progress">What its requests get.</param>
internal sealed class MicroBatch(DecodingRequests decoding, IterationPlan times, IterationProgress progress)
{
    /// <summary>Requests with a progress of their own, in the order in which they joined.</summary>
    public List<SequenceState> Single { get; } = [];

    /// <summary>Parts of prompts that are being computed, by the tokens up to their ends, where somebody is told of them.</summary>
    public List<(SequenceState Sequence, int To)> Parts { get; } = [];

    public DecodingRequests Decoding { get; } = decoding;

    public IterationPlan Times { get; } = times;

    public IterationProgress Progress { get; } = progress;

    private IterationBatch _planned;

    /// <summary>What the time of the planned iteration depends on.</summary>
    public ref readonly IterationBatch Planned => ref _planned;

    /// <summary>An iteration is planned.</summary>
    public void Plan(in IterationBatch iteration) => _planned = iteration;

    /// <summary>Whether iterations in which it computes are planned; its instance may be idle beside others of its group.</summary>
    public bool IsPlanned { get; set; }

    /// <summary>Whether the client of one of its requests may have gone since the last boundary.</summary>
    public bool HasWithdrawn { get; set; }

    /// <summary>Tokens of the planned iteration that count for their requests already, since these have gone on to the next micro-batch.</summary>
    public int HandedOverTokens { get; set; }

    public int Requests => Single.Count + Decoding.Count;

    /// <summary>Adds its requests to a list, with what they have got.</summary>
    public void CopyTo(ICollection<RunningState> running)
    {
        foreach (var sequence in Single)
        {
            running.Add(new(sequence.Request, sequence.Request.GeneratedTokens, sequence.Blocks));
        }

        Decoding.CopyTo(running);
    }
}
