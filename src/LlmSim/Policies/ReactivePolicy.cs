namespace LlmSim.Policies;

/// <summary>
/// The rule of Kubernetes' HorizontalPodAutoscaler: ceil(instances × metric ÷ target), nothing within a tolerance of the target, and while
/// the load rises an instance that starts counts as one without load.
/// </summary>
[Policy(
    "reactive",
    Decisions = PolicyDecisions.Autoscale,
    Summary = "instances in proportion to a metric over its target, as Kubernetes' HorizontalPodAutoscaler"
)]
internal sealed class ReactivePolicy : IAutoscalePolicy
{
    [PolicyOption(
        "metric",
        Summary = "what is held at the target: queued requests, share of KV memory, queued and running requests, or SLO attainment"
    )]
    public ScalingMetric Metric { get; set; } = ScalingMetric.Concurrency;

    [PolicyOption(
        "target",
        Min = 1e-3,
        Max = 1e9,
        Summary = "value of the metric for each instance; of kv and attainment a share"
    )]
    public double Target { get; set; } = 32;

    [PolicyOption(
        "tolerance",
        Min = 0,
        Max = 1,
        Summary = "relative distance from the target at which nothing changes"
    )]
    public double Tolerance { get; set; } = 0.1;

    public int Decide(in FleetContext context)
    {
        var present = context.Ready + context.Starting;
        var isNeeded = context.QueuedRequests + context.RunningRequests > 0;
        if (context.Ready == 0)
        {
            return Math.Max(present, isNeeded ? 1 : 0);
        }

        var wanted = Metric == ScalingMetric.Attainment ? ByAttainment(context) : ByLoad(context);
        return Math.Max(wanted, isNeeded ? 1 : 0);
    }

    private int ByLoad(in FleetContext context)
    {
        var present = context.Ready + context.Starting;
        var load = Metric switch
        {
            ScalingMetric.Queue => context.QueuedRequests,
            ScalingMetric.Kv => context.KvShare * context.Ready,
            _ => (double)(context.QueuedRequests + context.RunningRequests),
        };
        var ratio = load / context.Ready / Target;
        if (context.Starting == 0 || ratio <= 1)
        {
            return IsNear(ratio) ? present : Rounded(load / Target, context);
        }

        // Those that start have no load yet, and will take some of it.
        ratio = load / present / Target;
        return IsNear(ratio) || ratio < 1 ? present : Rounded(load / Target, context);
    }

    /// <summary>More in proportion to what is missed; one less when all is well and nobody waits.</summary>
    private int ByAttainment(in FleetContext context)
    {
        var present = context.Ready + context.Starting;
        if (context.Ended == 0)
        {
            return present;
        }

        var attained = (double)context.Met / context.Ended;
        return attained < Target * (1 - Tolerance) ? Rounded(present * Target / attained, context)
            : attained >= Target && context.QueuedRequests == 0 ? present - 1
            : present;
    }

    private bool IsNear(double ratio) => Math.Abs(ratio - 1) <= Tolerance;

    private static int Rounded(double instances, in FleetContext context) =>
        (int)Math.Ceiling(Math.Min(instances, context.Max));
}

/// <summary>What an autoscaler holds at a target.</summary>
internal enum ScalingMetric
{
    /// <summary>Queued requests for each instance.</summary>
    Queue,

    /// <summary>Share of the KV memory.</summary>
    Kv,

    /// <summary>Queued and running requests for each instance.</summary>
    Concurrency,

    /// <summary>Share of the requests that met their SLOs.</summary>
    Attainment,
}
