using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Workloads;

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
            $"{TerminalText.Escape(RunWords.Models(result))}{context}, {SemanticsOptions.Describe(c.Semantics)} semantics"
        );
        WriteWrapped(writer, "Precision", result.Precision);
        foreach (var notice in result.Notices)
        {
            WriteWrapped(writer, "Notice", notice);
        }

        Line(writer, "Cluster", RunWords.Cluster(result));
        Line(
            writer,
            "Policies",
            $"prefill {c.PrefillGlobal}, {c.PrefillLocal}; decode {c.DecodeGlobal}, {c.DecodeLocal}"
        );
        if (c.AdmissionPolicy is { } admission)
        {
            Line(writer, "Admission", TerminalText.Escape(admission));
        }

        if (c.ExpertSkew is { } skew)
        {
            WriteWrapped(writer, "Experts", skew);
        }

        if (c.RouterStalenessSeconds > 0)
        {
            Line(
                writer,
                "Routers",
                FormattableString.Invariant(
                    $"hear of {(c.RouterLoadIsPushed ? "each change of the load after" : "the load every")} {c.RouterStalenessSeconds} s"
                )
            );
        }

        if (c.Victim is { } victim)
        {
            Line(writer, "Victim", TerminalText.Escape(victim));
        }

        if (c.Batching is { } batching)
        {
            Line(writer, "Batching", TerminalText.Escape(batching));
        }

        WritePrediction(result.Prediction, writer);
        if (c.OutputPredictor != new RunConfiguration().OutputPredictor)
        {
            Line(writer, "Predictor", $"{c.OutputPredictor} of output lengths");
        }

        Line(writer, "Workload", RunWords.Workload(result));
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
}
