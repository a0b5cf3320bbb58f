namespace LlmSim.Policies;

/// <summary>
/// Instances go from the role that can spare them to the one that is short. Prefill is short when much work waits there, decode when its KV memory is nearly full or many
/// requests are at each instance.
/// </summary>
[Policy(
    "balance",
    Decisions = PolicyDecisions.Autoscale,
    IgnoresTtftDeadline = true,
    Summary = "roles change: an instance goes from prefill to decode or back when one side is short and the other can spare it"
)]
internal sealed class BalancePolicy : IRolePolicy
{
    [PolicyOption(
        "queue_seconds",
        Min = 1e-3,
        Max = 1e6,
        Summary = "seconds of prefills at each instance, running and waiting, above which prefill is short"
    )]
    public double QueueSeconds { get; set; } = 1;

    [PolicyOption(
        "kv",
        Min = 1e-3,
        Max = 1,
        Summary = "share of the KV memory of decode, held and waited for, above which it is short"
    )]
    public double Kv { get; set; } = 0.8;

    [PolicyOption(
        "requests",
        Min = 1,
        Max = 1e6,
        Summary = "requests at each decode instance, running and waiting, above which decode is short"
    )]
    public double Requests { get; set; } = 64;

    [PolicyOption(
        "spare",
        Min = 0.01,
        Max = 1,
        Summary = "the load that a role keeps to when it gives instances away: share of the time in which prefill computes, and of what makes decode short"
    )]
    public double Spare { get; set; } = 0.7;

    [PolicyOption("step", Min = 1, Max = 1e6, Summary = "most instances that change at once")]
    public int Step { get; set; } = 1;

    public int Decide(in FleetContext context) => context.Ready + context.Starting;

    public int Switch(in RoleContext context)
    {
        var decode = Math.Max(context.Decode.KvShare / Kv, PerInstance(context.Decode) / Requests);
        return (context.PrefillQueueSeconds > QueueSeconds, decode > 1) switch
        {
            (true, false) => Math.Min(Step, ToSpare(context.Decode, decode)),
            (false, true) => -Math.Min(Step, ToSpare(context.Prefill, context.PrefillBusyShare)),
            _ => 0,
        };
    }

    private static double PerInstance(in FleetContext role) =>
        role.Ready == 0 ? 0 : (double)(role.QueuedRequests + role.RunningRequests) / role.Ready;

    /// <summary>Instances without which the others have no more load than they keep to.</summary>
    private int ToSpare(in FleetContext role, double load) =>
        Math.Max(0, role.Ready - Math.Max(1, (int)Math.Ceiling(load * role.Ready / Spare)));
}
