namespace LlmSim.Batching;

/// <content>What others estimate of the instance. Nothing here changes it.</content>
internal sealed partial class BatchedInstance
{
    public override double PrefillQueueSeconds(Request request) =>
        WorkAhead.PrefillSeconds(_scheduler.Single, _waiting) + _expected.Values.Sum();

    /// <summary>
    /// For a request to be prefilled, seconds until all present ones are done: those that are prefilled or wait for it, then the
    /// decoding ones. For a request that comes to decode, tokens still to be generated.
    /// </summary>
    public override double EstimatedWork(Request request) =>
        request.State == RequestState.DecodeGlobal
            ? WorkAhead.TokensToCome(_scheduler, UnsettledIterations, _waiting)
            : PrefillQueueSeconds(request) + _work.DecodeSeconds(_scheduler, UnsettledIterations);

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
