namespace LlmSim.Policies;

/// <summary>
/// Conditional disaggregation: a prompt goes to an instance that only prefills unless little of it is to be computed or all of those have long queues;
/// then it goes to a mixed one with room, where it stays to decode.
/// </summary>
[Policy(
    "deflect",
    Decisions = PolicyDecisions.PrefillGlobal,
    IgnoresTtftDeadline = true,
    Summary = "instances that only prefill, unless the prompt is short or they have long queues: then a mixed one with room"
)]
internal sealed class DeflectPolicy : IGlobalPolicy, ICountingPolicy
{
    private long _short;
    private long _queue;

    [PolicyOption(
        "queue_seconds",
        Min = 0,
        Max = 1e6,
        Summary = "seconds of prefills before an instance above which its queue is long"
    )]
    public double QueueSeconds { get; set; } = 1;

    [PolicyOption(
        "queue_requests",
        Min = 0,
        Max = 1e9,
        Summary = "requests that wait at an instance from which on its queue is long"
    )]
    public double QueueRequests { get; set; } = 1e9;

    [PolicyOption(
        "local_tokens",
        Min = 0,
        Max = 1e9,
        Summary = "tokens without those in the cache up to which a prompt is prefilled where it decodes"
    )]
    public double LocalTokens { get; set; }

    [PolicyOption(
        "kv",
        Min = 0,
        Max = 1,
        Summary = "share of the KV memory in use up to which a mixed instance has room for prompts"
    )]
    public double Kv { get; set; } = 0.9;

    public IEnumerable<KeyValuePair<string, long>> Counters =>
        [new("deflected_short", _short), new("deflected_queue", _queue)];

    public int Choose(in GlobalContext context)
    {
        var apart = Least(context, isMixed: false);
        var mixed = Least(context, isMixed: true);
        if (apart < 0 || mixed < 0)
        {
            return Math.Max(apart, mixed);
        }

        var request = context.Request;
        var isLong =
            context.Instances[apart].PrefillQueueSeconds(request) > QueueSeconds
            || context.Instances[apart].QueuedRequests >= QueueRequests;
        var isShort =
            request.PromptTokens - context.Instances[mixed].CachedPrefixTokens(request) <= LocalTokens;
        if (!(isLong || isShort) || InstanceCosts.KvShare(context.Instances[mixed]) > Kv)
        {
            return apart;
        }

        _short += isShort ? 1 : 0;
        _queue += isShort ? 0 : 1;
        return mixed;
    }

    /// <summary>The instance with the first token first; of mixed ones those with room come first. −1 for none.</summary>
    private int Least(in GlobalContext context, bool isMixed)
    {
        var (best, bestCost) = (-1, (IsFull: true, Seconds: double.PositiveInfinity));
        for (var i = 0; i < context.Instances.Count; i++)
        {
            var instance = context.Instances[i];
            if (instance.IsMixed != isMixed)
            {
                continue;
            }

            var seconds = InstanceCosts.FirstTokenSeconds(instance, context.Request);
            var cost = (IsFull: isMixed && InstanceCosts.KvShare(instance) > Kv, Seconds: seconds);
            if (best < 0 || cost.CompareTo(bestCost) < 0)
            {
                (best, bestCost) = (i, cost);
            }
        }

        return best;
    }
}
