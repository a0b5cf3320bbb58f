using LlmSim.Experiments;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;

namespace LlmSim.Cli.Output;

/// <content>What was simulated.</content>
internal static partial class SummaryReport
{
    private static void WriteHead(RunResult result, TextWriter writer)
    {
        var c = result.Configuration;
        var context = c.MaxModelLen is { } tokens ? $", contexts to {Figures.Count(tokens)} tokens" : "";
        Line(
            writer,
            "Model",
            $"{TerminalText.Escape(c.Model)}{context}, {SemanticsOptions.Describe(c.Semantics)} semantics"
        );
        WriteWrapped(writer, "Precision", result.Precision);
        foreach (var notice in result.Notices)
        {
            WriteWrapped(writer, "Notice", notice);
        }

        Line(
            writer,
            "Cluster",
            string.Join(
                ", ",
                new[]
                {
                    Cluster(result.PrefillInstances, "prefill"),
                    Cluster(result.DecodeInstances, "decode"),
                    Cluster(result.MixedInstances, "mixed"),
                }.Where(text => text.Length > 0)
            )
        );
        Line(
            writer,
            "Policies",
            $"prefill {c.PrefillGlobal}, {c.PrefillLocal}; decode {c.DecodeGlobal}, {c.DecodeLocal}"
        );
        WritePrediction(result.Prediction, writer);
        if (c.OutputPredictor != new RunConfiguration().OutputPredictor)
        {
            Line(writer, "Predictor", $"{c.OutputPredictor} of output lengths");
        }

        var rate = c.Arrivals == "trace" ? "" : FormattableString.Invariant($" at {c.LambdaArrival}/s");
        var reason = result.ArrivalsReason is { } text ? $" ({text})" : "";
        var arrivals = c.Concurrency is { } concurrency
            ? $"closed loop, {Figures.Count(concurrency)} in flight"
            : $"arrivals {c.Arrivals}{rate}{reason}";
        Line(
            writer,
            "Workload",
            FormattableString.Invariant(
                $"{TerminalText.Escape(c.TracePath ?? c.RequestSource)}, {arrivals}, seed {c.Seed}"
            )
        );
        if (result.Trace is { } trace)
        {
            Line(writer, "Trace", trace.Describe());
        }

        if (LengthDescription.Of(c) is { } lengths)
        {
            Line(writer, "Lengths", lengths);
        }
    }

    private static void WritePrediction(Prediction prediction, TextWriter writer)
    {
        WriteWrapped(writer, "Performance", prediction.Source);
        WriteWrapped(writer, "Error", prediction.Error);
        foreach (var notice in prediction.Notices)
        {
            WriteWrapped(writer, "Notice", notice);
        }

        foreach (var warning in prediction.Warnings)
        {
            WriteWrapped(writer, "Warning", warning);
        }
    }

    private static string Cluster(IReadOnlyList<InstanceSpec> instances, string role) =>
        instances.Count == 0 ? "" : $"{Cluster(instances)} {role}";

    private static string Cluster(IReadOnlyList<InstanceSpec> instances) =>
        string.Join(
            " + ",
            instances
                .GroupBy(instance =>
                    (instance.Hardware.Name, instance.TpSize, Engine: EngineDescription.Of(instance))
                )
                .Select(group =>
                    $"{group.Count()} x {TerminalText.Escape(group.Key.Name)} tp {group.Key.TpSize} {group.Key.Engine}".TrimEnd()
                )
        );
}
