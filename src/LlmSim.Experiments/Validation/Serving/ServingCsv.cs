using System.Globalization;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Every figure as a row of CSV: its case and labels, measured and predicted, and the error.</summary>
internal static class ServingCsv
{
    /// <summary>Writes a header and the rows, as UTF-8.</summary>
    public static void Write(Stream stream, ServingValidation validation)
    {
        using var writer = Csv.Writer(stream);
        string[] labels = [.. validation.Outcomes.SelectMany(outcome => outcome.Case.Labels.Keys).Distinct()];
        foreach (var outcome in validation.Outcomes)
        {
            foreach (var figure in outcome.Figures)
            {
                using var row = writer.NewRow();
                row["id"].Set(figure.Id);
                foreach (var label in labels)
                {
                    row[label].Set(outcome.Case.Labels.GetValueOrDefault(label, ""));
                }

                row["tier"].Set(outcome.Subject?.Tier.Name() ?? "");
                row["metric"].Set(figure.Metric);
                row["measured_seconds"].Set(Text(figure.Seconds.Measured));
                row["predicted_seconds"].Set(Text(figure.Seconds.Predicted));
                row["error_percent"].Set(Text(figure.Seconds.ErrorPercent));
            }
        }
    }

    private static string Text(double value) =>
        double.IsFinite(value) ? value.ToString(CultureInfo.InvariantCulture) : "";
}
