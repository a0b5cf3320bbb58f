namespace LlmSim.Batching;

/// <content>What others estimate of the instance. Looking brings it up to date, which is the same whenever it is done.</content>
internal sealed partial class BatchedInstance
{
    public override bool CanEverHold(Request request) => Fits(request, _scheduler.MostTokens(request));

    public override bool CanHoldPrompt(Request request) => Fits(request, request.TraceInputTokens);

    private bool Fits(Request request, long tokens) =>
        _cache.BlocksFor(tokens) + BlocksBeside(request) <= _cache.Pool.Total;

    private int BlocksBeside(Request request) =>
        _options.KvBeside?.Blocks(_scheduler.MostTokens(request)) ?? 0;

    public override int QueuedRequests => _waiting.Count;

    public override int RunningRequests => _batches.Requests;

    public override long CommittedKvBytes =>
        HeldKvBytes + (_cache.BlocksFor(_waiting.Tokens) * _options.KvBytesPerBlock);

    public override long HeldKvBytes => UsedBlocks * _options.KvBytesPerBlock;

    public override KvBlockUse KvBlocks => new(_cache.Pool.Total, UsedBlocks, Spec.Engine!.BlockTokens);

    public override double PrefillQueueSeconds(Request request) => PrefillSecondsAhead;

    /// <summary>
    /// For a request to be prefilled, seconds until all present ones are done: those that are prefilled or wait for it, then the
    /// decoding ones. For a request that comes to decode, tokens still to be generated.
    /// </summary>
    public override double EstimatedWork(Request request, Stage stage) =>
        stage == Stage.Decode ? Settled(_work).TokensToCome : PrefillSecondsAhead + _work.DecodeSeconds();

    public override WorkBound BoundWork(Stage stage) =>
        // What the micro-batches of a pipeline take off is not known ahead.
        _batches.SideBySide > 1
            ? WorkBound.None
        : stage == Stage.Decode ? Settled(_work).BoundTokens(Ahead)
        : _work.BoundSeconds(PrefillSecondsAhead, Ahead);

    /// <summary>The running request with the longest context; null when none runs.</summary>
    public Request? Longest
    {
        get
        {
            var all = new List<SequenceState>();
            foreach (var batch in _batches.All)
            {
                all.AddRange(batch.Single);
                if (batch.Decoding.Count > 0)
                {
                    all.Add(batch.Decoding.Longest);
                }
            }

            return all.MaxBy(sequence => sequence.Length)?.Request;
        }
    }

    private double PrefillSecondsAhead =>
        Settled(_work).PrefillSeconds + (_expected.Count > 0 ? _expected.Values.Sum() : 0);

    private PlanAhead Ahead
    {
        get
        {
            if (!_batches.First.IsPlanned)
            {
                return default;
            }

            var times = _batches.First.Times;
            var ended = times.EndedBefore(_simulation.Now);
            return new PlanAhead(times.Count - ended, times.EndOf(ended), times.ShortestNanoseconds);
        }
    }

    public override void CopyRunningTo(ICollection<RunningState> running)
    {
        Settle();
        foreach (var batch in _batches.All)
        {
            batch.CopyTo(running);
        }
    }

    /// <summary>What the next iteration would hold if no prompt were held back.</summary>
    public NextIteration LooksAhead() => _planner.LooksAhead(_simulation.Now, _clock.LastBegin);

    /// <summary>Whether its group has it hold prompts back.</summary>
    public bool HoldsPromptsBack
    {
        set => _scheduler.HoldsPromptsBack = value;
    }

    private int UsedBlocks => Settled(_cache).Pool.Used;
}
