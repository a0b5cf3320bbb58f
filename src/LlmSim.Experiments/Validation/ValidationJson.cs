using System.Text;
using System.Text.Json;

namespace LlmSim.Experiments.Validation;

/// <summary>The comparison as JSON: each figure measured, predicted, and its error in per cent.</summary>
internal static class ValidationJson
{
    /// <summary>The text, with a line feed at its end.</summary>
    public static string Text(RunValidation validation)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("run", validation.Run.Name);
            json.WriteNumber("requests", validation.Run.Requests.Count);
            foreach (var metric in validation.Metrics)
            {
                Write(json, metric);
            }

            Write(json, "makespan_seconds", validation.MakespanSeconds);
            Write(json, "requests_per_second", validation.RequestsPerSecond);
            Write(json, "output_tokens_per_second", validation.OutputTokensPerSecond);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, MetricComparison metric)
    {
        json.WriteStartObject($"{metric.Name.ToLowerInvariant()}_seconds");
        Write(json, "mean", metric.Mean);
        Write(json, "p50", metric.Percentile(50));
        Write(json, "p95", metric.Percentile(95));
        Write(json, "p99", metric.Percentile(99));
        json.WriteNumber("mean_absolute_error_percent", metric.MeanAbsoluteErrorPercent);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, MeasuredAndPredicted figure)
    {
        json.WriteStartObject(name);
        json.WriteNumber("measured", figure.Measured);
        json.WriteNumber("predicted", figure.Predicted);
        json.WriteNumber("error_percent", figure.ErrorPercent);
        json.WriteEndObject();
    }
}
