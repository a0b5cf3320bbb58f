using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>The comparison as JSON: errors by class, what was left out and why, and every figure.</summary>
internal static class ServingJson
{
    /// <summary>The text, with a line feed at its end.</summary>
    public static string Text(ServingValidation validation)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(stream, options))
        {
            json.WriteStartObject();
            json.WriteString("source", validation.Source);
            json.WriteString("performance", validation.Performance);
            json.WriteNumber("compared", validation.Compared);
            json.WriteStartObject("tiers");
            foreach (var (tier, count) in validation.Tiers)
            {
                json.WriteNumber(tier.Name(), count);
            }

            json.WriteEndObject();
            WriteLeftOut(json, validation);
            WriteClasses(json, validation);
            WriteResults(json, validation);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteLeftOut(Utf8JsonWriter json, ServingValidation validation)
    {
        json.WriteStartObject("doubtful_left_out");
        foreach (var (doubt, count) in validation.LeftOut)
        {
            json.WriteNumber(doubt, count);
        }

        json.WriteEndObject();
        json.WriteStartArray("not_expressible");
        foreach (var reason in validation.NotExpressible)
        {
            json.WriteStartObject();
            json.WriteString("reason", reason.Key);
            json.WriteNumber("count", reason.Count());
            json.WriteStartArray("cases");
            foreach (var outcome in reason)
            {
                json.WriteStartObject();
                json.WriteString("id", outcome.Case.Id);
                json.WriteString("detail", outcome.Detail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteClasses(Utf8JsonWriter json, ServingValidation validation)
    {
        json.WriteStartArray("classes");
        foreach (var one in validation.Classes)
        {
            json.WriteStartObject();
            json.WriteString("class", one.Name);
            foreach (var (metric, errors) in one.Errors)
            {
                json.WriteStartObject(metric);
                json.WriteNumber("count", errors.Count);
                WriteNumber(json, "median_absolute_error_percent", errors.Median);
                WriteNumber(json, "p90_absolute_error_percent", errors.P90);
                WriteNumber(json, "median_error_percent", errors.SignedMedian);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteResults(Utf8JsonWriter json, ServingValidation validation)
    {
        json.WriteStartArray("results");
        foreach (var outcome in validation.Outcomes)
        {
            foreach (var figures in outcome.Figures.GroupBy(figure => figure.Id))
            {
                json.WriteStartObject();
                json.WriteString("id", figures.Key);
                json.WriteString("tier", outcome.Subject?.Tier.Name());
                foreach (var (label, value) in outcome.Case.Labels)
                {
                    json.WriteString(label, value);
                }

                if (outcome.Case.Notices.Count > 0)
                {
                    json.WriteStartArray("notices");
                    foreach (var notice in outcome.Case.Notices)
                    {
                        json.WriteStringValue(notice);
                    }

                    json.WriteEndArray();
                }

                foreach (var figure in figures)
                {
                    json.WriteStartObject($"{figure.Metric}_seconds");
                    json.WriteNumber("measured", figure.Seconds.Measured);
                    WriteNumber(json, "predicted", figure.Seconds.Predicted);
                    WriteNumber(json, "error_percent", figure.Seconds.ErrorPercent);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>JSON has no word for a figure that is not defined but null.</summary>
    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
