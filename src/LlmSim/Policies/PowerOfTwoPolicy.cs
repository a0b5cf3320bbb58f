namespace LlmSim.Policies;

/// <summary>
/// The power of two choices (Mitzenmacher, 2001): two instances at random, the one with fewer requests. Nearly as good as
/// asking all of them, and it does not herd where figures are stale.
/// </summary>
[Policy(
    "power_of_two",
    Decisions = PolicyDecisions.Global,
    IgnoresTtftDeadline = true,
    Summary = "of two instances drawn at random, the one with fewer requests, queued and running"
)]
internal sealed class PowerOfTwoPolicy : IGlobalPolicy
{
    public int Choose(in GlobalContext context)
    {
        var instances = context.Instances;
        if (instances.Count == 1)
        {
            return 0;
        }

        var first = context.Random.Next(instances.Count);
        var second = context.Random.Next(instances.Count - 1);
        if (second >= first)
        {
            second++;
        }

        var (low, high) = first < second ? (first, second) : (second, first);
        return Requests(instances[high]) < Requests(instances[low]) ? high : low;
    }

    private static int Requests(InstanceView instance) => instance.QueuedRequests + instance.RunningRequests;
}
