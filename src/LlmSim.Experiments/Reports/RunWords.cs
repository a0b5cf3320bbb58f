using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Results;
using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Reports;

/// <summary>A run in words.</summary>
internal static class RunWords
{
    /// <summary>Its instances, such as "4 x NVIDIA_H100_SXM tp 4 prefill, 4 x NVIDIA_H100_SXM tp 4 decode".</summary>
    public static string Cluster(RunResult result) =>
        string.Join(
            ", ",
            new[]
            {
                Cluster(result.PrefillInstances, "prefill"),
                Cluster(result.DecodeInstances, "decode"),
                Cluster(result.MixedInstances, "mixed"),
                Cluster(result.EncodeInstances ?? [], "encode"),
            }.Where(text => text.Length > 0)
        );

    /// <summary>The models that its instances serve.</summary>
    public static string Models(RunResult result) =>
        string.Join(
            ", ",
            result
                .PrefillInstances.Concat(result.DecodeInstances)
                .Concat(result.MixedInstances)
                .Select(instance => instance.Model ?? result.Configuration.Model)
                .Distinct()
        );

    /// <summary>Where its requests come from and how they arrive.</summary>
    public static string Workload(RunResult result)
    {
        var c = result.Configuration;
        var rate =
            c.Arrivals == "trace" ? ""
            : HasChangingRate(c)
                ? FormattableString.Invariant($" at {c.LambdaArrival:G4}/s on average")
                    + (c.RateProfile is { } path ? $" by {TerminalText.Escape(path)}" : "")
            : FormattableString.Invariant($" at {c.LambdaArrival}/s");
        var reason = result.ArrivalsReason is { } text ? $" ({text})" : "";
        var arrivals = c.Concurrency is { } concurrency
            ? $"closed loop, {Figures.Count(concurrency)} in flight"
            : $"arrivals {c.Arrivals}{rate}{reason}";
        return FormattableString.Invariant(
            $"{TerminalText.Escape(c.TracePath ?? c.Mix ?? c.RequestSource)}, {arrivals}, seed {c.Seed}"
        );
    }

    /// <summary>Whether its rate of arrivals changes over time.</summary>
    public static bool HasChangingRate(RunConfiguration configuration) =>
        configuration is { Concurrency: null, Arrivals: { } arrivals }
        && (
            configuration.RateProfile is not null || ArrivalProcess.Parse(arrivals).MeanPerSecond is not null
        );

    private static string Cluster(IReadOnlyList<InstanceSpec> instances, string role) =>
        instances.Count == 0 ? "" : $"{Cluster(instances)} {role}";

    private static string Cluster(IReadOnlyList<InstanceSpec> instances) =>
        string.Join(
            " + ",
            instances
                .GroupBy(instance =>
                    (
                        instance.Hardware.Name,
                        instance.TpSize,
                        instance.PpSize,
                        instance.CpSize,
                        Engine: EngineDescription.Of(instance),
                        instance.Model
                    )
                )
                .Select(group =>
                    $"{group.Count()} x {TerminalText.Escape(group.Key.Name)} tp {group.Key.TpSize}{(group.Key.PpSize > 1 ? $" pp {group.Key.PpSize}" : "")}{(group.Key.CpSize > 1 ? $" cp {group.Key.CpSize}" : "")} {group.Key.Engine}".TrimEnd()
                    + (group.Key.Model is { } model ? $" for {TerminalText.Escape(model)}" : "")
                )
        );
}
