using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Transfers;

namespace LlmSim.Policies;

/// <summary>What a routing decision may look at.</summary>
public readonly ref struct GlobalContext
{
    private readonly ReadOnlySpan<Instance> _instances;
    private readonly WorkIndex? _workIndex;

    internal GlobalContext(
        PolicyDecisions decision,
        SimTime now,
        Request request,
        ReadOnlySpan<Instance> instances,
        RandomStream random,
        WorkIndex? workIndex = null
    )
    {
        Decision = decision;
        Now = now;
        Request = new RequestView(request);
        _instances = instances;
        _workIndex = workIndex;
        Random = random;
    }

    /// <summary>
    /// The answer that turns the request away, because it could not be served in time. Allowed in prefill_global.
    /// </summary>
    public const int Reject = -1;

    /// <summary>Which decision is asked for: prefill_global or decode_global.</summary>
    public PolicyDecisions Decision { get; }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; }

    /// <summary>The request to be placed.</summary>
    public RequestView Request { get; }

    /// <summary>The instances of the stage that can hold the request, in their order; at least one.</summary>
    public InstanceList Instances => new(_instances, Decision.Stage());

    /// <summary>The decision's own random stream.</summary>
    public RandomStream Random { get; }

    /// <summary>
    /// Position of the instance with the least <see cref="InstanceView.EstimatedWork" /> for the request, the first of equal ones:
    /// what a loop over all of them would find, but at a cost that hardly grows with the cluster.
    /// </summary>
    public int LeastEstimatedWork()
    {
        if (_workIndex is not null)
        {
            return _workIndex.Least(Request.Source, Now);
        }

        var (least, leastWork) = (0, double.PositiveInfinity);
        for (var i = 0; i < _instances.Length; i++)
        {
            var work = _instances[i].EstimatedWork(Request.Source, Decision.Stage());
            if (work < leastWork)
            {
                (least, leastWork) = (i, work);
            }
        }

        return least;
    }
}

/// <summary>What a queueing decision may look at.</summary>
public readonly ref struct LocalContext
{
    private readonly ReadOnlySpan<Request> _queue;
    private readonly Instance _instance;

    internal LocalContext(
        PolicyDecisions decision,
        SimTime now,
        Instance instance,
        ReadOnlySpan<Request> queue,
        RandomStream random
    )
    {
        Decision = decision;
        Now = now;
        _instance = instance;
        _queue = queue;
        Random = random;
    }

    /// <summary>Which decision is asked for: prefill_local or decode_local.</summary>
    public PolicyDecisions Decision { get; }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; }

    /// <summary>The instance whose queue it is.</summary>
    public InstanceView Instance => new(_instance, Decision.Stage());

    /// <summary>The queued requests in the order in which they joined; at least one.</summary>
    public RequestList Queue => new(_queue);

    /// <summary>The decision's own random stream.</summary>
    public RandomStream Random { get; }
}

/// <summary>Instances that a routing decision may choose from.</summary>
public readonly ref struct InstanceList
{
    private readonly ReadOnlySpan<Instance> _instances;
    private readonly Stage _stage;

    internal InstanceList(ReadOnlySpan<Instance> instances, Stage stage)
    {
        _instances = instances;
        _stage = stage;
    }

    /// <summary>How many there are.</summary>
    public int Count => _instances.Length;

    /// <summary>The instance at a position.</summary>
    public InstanceView this[int position] => new(_instances[position], _stage);
}

/// <summary>Requests that a queueing decision may choose from.</summary>
public readonly ref struct RequestList
{
    private readonly ReadOnlySpan<Request> _requests;

    internal RequestList(ReadOnlySpan<Request> requests) => _requests = requests;

    /// <summary>How many there are.</summary>
    public int Count => _requests.Length;

    /// <summary>The request at a position.</summary>
    public RequestView this[int position] => new(_requests[position]);
}

/// <summary>An instance as a policy sees it.</summary>
public readonly struct InstanceView
{
    private readonly Instance _instance;
    private readonly Stage _stage;

    internal InstanceView(Instance instance, Stage stage)
    {
        _instance = instance;
        _stage = stage;
    }

    /// <summary>Position in the stage's cluster file, from 0.</summary>
    public int Index => _instance.Index;

    /// <summary>Accelerator, tensor parallelism and link of the instance.</summary>
    public InstanceSpec Spec => _instance.Spec;

    /// <summary>Requests in its queue.</summary>
    public int QueuedRequests => _instance.QueuedRequests;

    /// <summary>Requests being prefilled, or in its decode batch.</summary>
    public int RunningRequests => _instance.RunningRequests;

    /// <summary>KV cache that it can hold, in bytes.</summary>
    public long KvCapacityBytes => _instance.KvCapacityBytes;

    /// <summary>
    /// Capacity less what running and queued requests hold or wait for, in bytes; negative when more is asked than fits.
    /// </summary>
    public long FreeKvBytes => _instance.KvCapacityBytes - _instance.CommittedKvBytes;

    /// <summary>
    /// Estimated work ahead of a request placed here. Prefill: seconds left of the running prefill plus the prefill
    /// seconds of the queue. Decode: tokens still to come for running and queued requests, estimated from their
    /// predictions or, without any, from the mean output of the requests that had finished when they came to the instance.
    /// </summary>
    public double EstimatedWork(in RequestView request) => _instance.EstimatedWork(request.Source, _stage);

    /// <summary>Seconds that this instance would take to prefill the request alone.</summary>
    public double PrefillSeconds(in RequestView request) =>
        _instance.Performance.Seconds(IterationBatch.OfPrompt(request.ContextTokens));

    /// <summary>Seconds to prefill the request alone when so many tokens at its start need not be computed.</summary>
    public double PrefillSeconds(in RequestView request, int cachedTokens) =>
        _instance.PrefillSeconds(request.ContextTokens, cachedTokens);

    /// <summary>Seconds until the prefills that run and wait here have been computed; 0 on an instance that only decodes.</summary>
    public double PrefillQueueSeconds(in RequestView request) =>
        _instance.PrefillQueueSeconds(request.Source);

    /// <summary>Seconds to fetch the KV cache of so many tokens from another instance when both links are idle.</summary>
    public double FetchSeconds(in InstanceView source, int tokens) =>
        FairNetwork.SecondsAlone(tokens * _instance.KvBytesPerToken, source.Spec, Spec);

    /// <summary>KV cache that running and queued requests hold or wait for, in tokens.</summary>
    public double CommittedKvTokens => (double)_instance.CommittedKvBytes / _instance.KvBytesPerToken;

    /// <summary>
    /// Tokens at the start of the prompt whose KV cache is here: whole blocks, and never the last token of the prompt. 0 without
    /// a prefix cache.
    /// </summary>
    public int CachedPrefixTokens(in RequestView request) => _instance.CachedPrefixTokens(request.Source);

    /// <summary>
    /// Tokens at the start of the prompt that could be copied here from another instance: what that one has cached, in whole blocks
    /// of the cache here. 0 unless both cache prefixes.
    /// </summary>
    public int FetchableTokens(in InstanceView source, in RequestView request) =>
        _instance.FetchableTokens(source.CachedPrefixTokens(request));

    /// <summary>Tokens of a block of its paged KV cache; 0 when it has none.</summary>
    public int BlockTokens => _instance.KvBlocks.BlockTokens;

    /// <summary>Blocks of its paged KV cache; 0 when it has none.</summary>
    public int KvBlocks => _instance.KvBlocks.Total;

    /// <summary>Blocks of its paged KV cache that requests hold now.</summary>
    public int UsedKvBlocks => _instance.KvBlocks.Used;
}

/// <summary>
/// A request as a policy sees it: what a real scheduler could know. There is no true output length. It is valid until the
/// request has left the cluster, so a policy that remembers a request keeps its <see cref="Id" />.
/// </summary>
public readonly struct RequestView
{
    internal RequestView(Request source) => Source = source;

    internal Request Source { get; }

    /// <summary>Number of the request in the workload.</summary>
    public long Id => Source.Id;

    /// <summary>When it reached the cluster.</summary>
    public SimTime Arrival => Source.Arrival;

    /// <summary>When it joined the queue that it is in.</summary>
    public SimTime Queued => Source.Queued;

    /// <summary>When its first token must have come to meet the TTFT SLO.</summary>
    public SimTime TtftDeadline => Source.TtftDeadline;

    /// <summary>When its client wants its last token; the end of the clock without a deadline.</summary>
    public SimTime Deadline => Source.Deadline;

    /// <summary>Its class, such as "chat" or "batch".</summary>
    public string Class => Source.Origin.Class;

    /// <summary>The customer that it belongs to.</summary>
    public string Tenant => Source.Origin.Tenant;

    /// <summary>Its rank: the lower, the more urgent. 0 unless the workload says otherwise.</summary>
    public int Priority => Source.Origin.Priority;

    /// <summary>Share of its tenant beside others', above 0. 1 unless the workload says otherwise.</summary>
    public double Weight => Source.Origin.Weight;

    /// <summary>Length of its prompt in tokens.</summary>
    public int PromptTokens => Source.InputTokens;

    /// <summary>Tokens that it has generated so far.</summary>
    public int GeneratedTokens => Source.GeneratedTokens;

    /// <summary>Tokens whose KV cache it holds, or has to have before it can generate its next token.</summary>
    public int ContextTokens => Source.ContextTokens;

    /// <summary>Output length in tokens as the run's predictor sees it; null when there is no predictor.</summary>
    public int? PredictedOutputTokens => Source.PredictedOutputTokens;

    /// <summary>Seconds that its prefill takes on the instance it is queued on; 0 before one was chosen.</summary>
    public double PrefillSeconds => Source.PrefillDuration.Seconds;
}
