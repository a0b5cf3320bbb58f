namespace LlmSim.Batching;

/// <content>The requests that it looks at: those of one micro-batch.</content>
internal abstract partial class IterationScheduler
{
    private MicroBatch _used = null!;

    /// <summary>None, to decode in step.</summary>
    public DecodingRequests NewDecoding() =>
        Spec.Speculation is { } speculation
            ? new DecodingWithDrafts(Cache, Spec.BlockTokens, speculation.DraftTokens, reservesToEnd)
            : new DecodingInStep(Cache, Spec.BlockTokens, reservesToEnd);

    /// <summary>Has it look at the requests of a micro-batch.</summary>
    /// <param name="batch">The micro-batch.</param>
    /// <param name="elsewhere">Running requests that are not in it.</param>
    public void Use(MicroBatch batch, int elsewhere)
    {
        _used = batch;
        (_single, Decoding, Elsewhere) = (batch.Single, batch.Decoding, elsewhere);
    }

    /// <summary>Running requests in other micro-batches.</summary>
    protected int Elsewhere { get; private set; }

    /// <summary>Micro-batches of the instance.</summary>
    protected int MicroBatches { get; private set; } = 1;

    /// <summary>Most requests of each micro-batch, and of all together.</summary>
    protected virtual (int Each, int Together) Most => (Spec.MaxSequences, Spec.MaxSequences);

    /// <summary>Most requests of the micro-batch, beside the others.</summary>
    protected int MostRunning => Math.Min(Most.Each, Most.Together - Elsewhere);

    /// <summary>Whether a separate request is in the micro-batch.</summary>
    protected bool IsHere(SequenceState sequence) => MicroBatches == 1 || _single.Contains(sequence);

    /// <summary>Takes requests in that have begun in another micro-batch, as far as there are places.</summary>
    public void TakeIn(List<SequenceState> sequences)
    {
        var taken = Math.Clamp(Most.Each - Running, 0, sequences.Count);
        _single.AddRange(sequences[..taken]);
        sequences.RemoveRange(0, taken);
        SortByJoin();
    }

    /// <summary>
    /// Has those of the planned iteration whose prompts it does not complete leave the micro-batch, as if it had ended for them; says with how many tokens
    /// of it.
    /// </summary>
    public int HandOver(List<SequenceState> sequences)
    {
        var tokens = 0;
        foreach (var sequence in Single)
        {
            if (!sequence.CompletesNow && !sequence.IsBeforeNextToken)
            {
                tokens += sequence.Scheduled;
                sequence.Computed += sequence.Scheduled;
                sequence.Scheduled = 0;
                sequences.Add(sequence);
            }
        }

        _single.RemoveAll(sequences.Contains);
        return tokens;
    }
}
