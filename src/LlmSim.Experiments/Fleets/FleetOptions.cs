using LlmSim.Clients;
using LlmSim.Fleets;
using LlmSim.Policies;

namespace LlmSim.Experiments.Fleets;

/// <summary>What becomes of instances, from the options.</summary>
internal static class FleetOptions
{
    internal const string FailuresForm =
        "mtbf=SECONDS with repair=SECONDS, shape=1, notice=0, and node_mtbf=SECONDS with instances_per_node=1";

    internal const string LimitsForm = "min=1,max=8,initial=2,interval=10,cooldown=60";

    internal const string StartForm =
        "seconds such as 60, or engine=30,load=2e9 (bytes/s of each accelerator)";

    /// <summary>Ways to drain, as the option says them.</summary>
    internal static IReadOnlyList<string> Drains { get; } = [.. Enum.GetNames<DrainPlan>().Select(Lower)];

    internal static IReadOnlyList<string> Stages { get; } = ["prefill", "decode", "mixed"];

    private static readonly string[] s_lost = [.. Enum.GetNames<LostRequests>().Select(Lower)];
    private static readonly FigureRange s_shape = new(0.1, 20);
    private static readonly FigureRange s_instances = new(1, 100_000);
    private static readonly FigureRange s_mayBeNone = new(0, 100_000);

    /// <summary>What becomes of the instances of a run; null where they live for ever.</summary>
    /// <param name="c">The options.</param>
    /// <param name="otherModels">Models that instances name.</param>
    /// <param name="swaps">Instances that change between models.</param>
    /// <exception cref="UserErrorException">An option or the file of faults is wrong.</exception>
    public static FleetPlan? Of(
        RunConfiguration c,
        IEnumerable<string> otherModels,
        IReadOnlyList<SwapPlan> swaps
    )
    {
        if (!c.HasFleet && swaps.Count == 0)
        {
            return null;
        }

        return Parse(c) with
        {
            Swaps = swaps,
            Faults = c.Faults is { } path ? FaultFile.Read(path) : [],
            Autoscale = c.Autoscale is null ? null : ParseAutoscale(c, otherModels),
        };
    }

    /// <summary>What the options say that name no file and no policy, each by itself.</summary>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static FleetPlan Parse(RunConfiguration c)
    {
        var start = StartTimes(c.StartTime);
        if (c.AutoscaleLimits is not null)
        {
            ParseLimits(c);
        }

        return new FleetPlan
        {
            Failures = c.Failures is { } failures ? ParseFailures(failures) : null,
            LostRequests = ParseLost(c.LostRequests),
            Drain = c.DrainsByMigration ? DrainPlan.Migrate : DrainPlan.Finish,
            StartSeconds = start.Seconds,
            EngineStartSeconds = start.Engine,
            LoadBytesPerSecond = start.Load,
            SwitchSeconds = c.SwitchTime is { } time ? TimeText.Seconds("switch_time", time) : null,
        };
    }

    private static LostRequests ParseLost(string text) =>
        Array.IndexOf(s_lost, text) is >= 0 and var index
            ? (LostRequests)index
            : throw new UserErrorException(
                $"lost_requests: found '{text}'; allowed: {string.Join(", ", s_lost)}.{Suggestion.For(text, s_lost)}"
            );

    private static (double? Seconds, double Engine, double Load) StartTimes(string? text)
    {
        var defaults = new FleetPlan();
        if (text is null)
        {
            return (null, defaults.EngineStartSeconds, defaults.LoadBytesPerSecond);
        }

        if (!text.Contains('=', StringComparison.Ordinal))
        {
            var given = Durations.Parse("start_time", text);
            return (given.MeanSeconds, 0, defaults.LoadBytesPerSecond);
        }

        var values = NamedValues.ParseAll("start_time", text, ["engine", "load"], StartForm);
        return (
            null,
            values.Number("engine", FigureRanges.Seconds, defaults.EngineStartSeconds),
            values.Number("load", FigureRanges.BytesPerSecond, defaults.LoadBytesPerSecond)
        );
    }

    private static FailureProcess ParseFailures(string text)
    {
        var values = NamedValues.ParseAll(
            "failures",
            text,
            ["mtbf", "repair", "shape", "notice", "node_mtbf", "instances_per_node"],
            FailuresForm
        );
        var process = new FailureProcess
        {
            MtbfSeconds = values.NumberOrNull("mtbf", FigureRanges.PositiveSeconds),
            Shape = values.Number("shape", s_shape, 1),
            Repair = Durations.Exponential(values.Number("repair", FigureRanges.Seconds, 600)),
            NoticeSeconds = values.Number("notice", FigureRanges.Seconds, 0),
            NodeMtbfSeconds = values.NumberOrNull("node_mtbf", FigureRanges.PositiveSeconds),
            InstancesPerNode = values.Whole("instances_per_node", s_instances, 1),
        };
        return (process.MtbfSeconds ?? process.NodeMtbfSeconds) is null
            ? throw new UserErrorException($"failures: found '{text}'; allowed: {FailuresForm}")
            : process;
    }

    private static AutoscalePlan ParseAutoscale(RunConfiguration c, IEnumerable<string> otherModels) =>
        ParseLimits(c) with
        {
            // Each stage of each model has a policy of its own: it may remember.
            Policies = Stages
                .SelectMany(
                    stage => otherModels.Prepend<string?>(null),
                    (stage, model) => new FleetGroup(stage, model).PolicyKey
                )
                .ToDictionary(
                    key => key,
                    _ => c.Catalogs.Policies.CreateAutoscale(c.Autoscale!),
                    StringComparer.Ordinal
                ),
        };

    private static AutoscalePlan ParseLimits(RunConfiguration c)
    {
        var values = NamedValues.ParseAll(
            "autoscale_limits",
            c.AutoscaleLimits ?? "min=1",
            ["min", "max", "initial", "interval", "cooldown"],
            LimitsForm
        );
        var min = values.Whole("min", s_mayBeNone, 1);
        var max = values.WholeOrNull("max", s_instances);
        var initial = values.WholeOrNull("initial", s_instances);
        var plan = new AutoscalePlan
        {
            Policies = new Dictionary<string, IAutoscalePolicy>(),
            Min = min,
            Max = max,
            Initial = initial,
            IntervalSeconds = values.Number("interval", FigureRanges.PositiveSeconds, 10),
            CooldownSeconds = values.Number("cooldown", FigureRanges.Seconds, 60),
        };
        return min > max || initial < min || initial > max
            ? throw new UserErrorException(
                $"autoscale_limits: found '{c.AutoscaleLimits}'; allowed: min <= initial <= max"
            )
            : plan;
    }

    private static string Lower(string name) => name.ToLowerInvariant();
}
