namespace LlmSim.Batching;

/// <content>What others estimate of the instance. Nothing here changes it.</content>
internal sealed partial class BatchedInstance
{
    public override int QueuedRequests => _waiting.Count;

    public override int RunningRequests => _scheduler.Running;

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
        stage == Stage.Decode
            ? _work.TokensToCome(UnsettledIterations)
            : PrefillSecondsAhead + _work.DecodeSeconds(UnsettledIterations);

    public override WorkBound BoundWork(Stage stage) =>
        stage == Stage.Decode
            ? _work.BoundTokens(UnsettledIterations, Ahead)
            : _work.BoundSeconds(PrefillSecondsAhead, UnsettledIterations, Ahead);

    /// <summary>The running request with the longest context; null when none runs.</summary>
    public Request? Longest
    {
        get
        {
            var all = _scheduler.Single.ToArray().AsEnumerable();
            if (_scheduler.Decoding.Count > 0)
            {
                all = all.Append(_scheduler.Decoding.Longest);
            }

            return all.MaxBy(sequence => sequence.Length)?.Request;
        }
    }

    private double PrefillSecondsAhead => _work.PrefillSeconds + _expected.Values.Sum();

    private PlanAhead Ahead
    {
        get
        {
            if (!_isPlanned)
            {
                return default;
            }

            var ended = _group.Times.EndedBefore(_simulation.Now);
            return new PlanAhead(
                _group.Times.Count - ended,
                _group.Times.EndOf(ended),
                _group.Times.ShortestNanoseconds
            );
        }
    }

    /// <summary>
    /// Iterations that have ended while others of the same plan go on, and that the requests have not been given yet: each got a
    /// token in every one. Whoever looks at the instance counts them in; only what happens to it settles them.
    /// </summary>
    private int UnsettledIterations =>
        _isPlanned ? _progress.Unsettled(_group.Times.EndedBefore(_simulation.Now)) : 0;

    /// <summary>KV blocks that the requests have grown by in those iterations.</summary>
    private int UnsettledBlocks =>
        UnsettledIterations is > 0 and var iterations ? (int)_scheduler.BlocksToGrow(iterations + 1) : 0;

    private int UsedBlocks => _cache.Pool.Used + UnsettledBlocks;
}
