using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>The micro-batches of a pipeline.</content>
internal sealed partial class BatchedInstance
{
    /// <summary>Share of the busy time in which a stage has had nothing to do, the mean over the stages; NaN without a pipeline.</summary>
    public double PipelineBubble =>
        _clock is Pipeline pipeline
            ? 1 - (pipeline.StageSeconds / (Spec.PpSize * Totals.Busy.Seconds))
            : double.NaN;

    /// <summary>Looks at a micro-batch: the next to be planned, or the one whose iteration has ended.</summary>
    public void Use(MicroBatch batch) => _batches.Use(batch, _scheduler);

    /// <summary>An iteration that only decodes is replayed from a graph, whose size pads it.</summary>
    public void Pad()
    {
        var batch = _batches.Used;
        var tokens = batch.Planned.Tokens;
        batch.Plan(
            batch.Planned with
            {
                GroupTokens = batch.Planned.PrefillTokens > 0 ? tokens : PaddedTokens(tokens),
            }
        );
    }

    /// <summary>So many seconds at the present speed.</summary>
    public SimTime SlowedSeconds(double seconds) => SimTime.FromSeconds(seconds * Slowdown);

    /// <summary>Those whose prompts go on are planned with this micro-batch.</summary>
    private void TakePromptsOver()
    {
        if (_batches.Between is { Single.Count: > 0 } between)
        {
            _scheduler.TakeIn(between.Single);
            _batches.Use(_batches.Used, _scheduler);
        }
    }

    /// <summary>
    /// Those whose prompts the planned iteration does not complete go on with the next one, before it has ended: what they have computed will be there.
    /// </summary>
    public void HandPromptsOver() =>
        _batches.Used.HandedOverTokens = _scheduler.HandOver(_batches.Between!.Single);
}
