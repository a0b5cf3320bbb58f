using System.Globalization;
using System.Text;
using System.Text.Json;
using LlmSim.Performance;
using LlmSim.Performance.Roofline;

namespace LlmSim.Experiments.Results;

/// <summary>A roofline table for other programs: one run of each operation, on one accelerator.</summary>
internal static class RooflineWriter
{
    private static readonly (string Name, Func<OperationCost, object> Value)[] s_columns =
    [
        ("operation", o => o.Name),
        ("runs", o => o.Runs),
        ("ops", o => o.Ops),
        ("weight_bytes", o => o.WeightBytes),
        ("activation_in_bytes", o => o.ActivationInBytes),
        ("activation_out_bytes", o => o.ActivationOutBytes),
        ("kv_in_bytes", o => o.KvInBytes),
        ("kv_out_bytes", o => o.KvOutBytes),
        ("network_bytes", o => o.NetworkBytes),
        ("memory_access_bytes", o => o.MemoryAccessBytes),
        ("arithmetic_intensity", o => o.ArithmeticIntensity),
        ("attainable_ops_per_second", o => o.AttainableOpsPerSecond),
        ("bound", o => BoundName(o.Bound)),
        ("seconds", o => o.Seconds),
        ("share", o => o.Share),
    ];

    /// <summary>The bound in lower case.</summary>
    public static string BoundName(OperationBound bound) => bound.ToString().ToLowerInvariant();

    /// <summary>A header and a row for each operation.</summary>
    public static string Csv(RooflineTable table)
    {
        using var stream = new MemoryStream();
        using (var writer = Results.Csv.Writer(stream))
        {
            foreach (var operation in table.Operations)
            {
                using var row = writer.NewRow();
                foreach (var (name, value) in s_columns)
                {
                    row[name].Set(Convert.ToString(value(operation), CultureInfo.InvariantCulture));
                }
            }
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>
    /// What the times rest on, the precision in words, the time of the iteration, its memory, what is to be said of the model, and the operations.
    /// </summary>
    internal static string Json(
        RooflineTable table,
        string tier,
        string precision,
        IReadOnlyList<string> notices
    )
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" })
        )
        {
            json.WriteStartObject();
            json.WriteString("tier", tier);
            json.WriteString("precision", precision);
            json.WriteNumber("seconds", table.Seconds);
            json.WriteNumber("memory_weight_bytes", table.Memory.WeightBytes);
            json.WriteNumber("memory_kv_cache_bytes", table.Memory.KvCacheBytes);
            json.WriteNumber("memory_temporary_activation_bytes", table.Memory.TemporaryActivationBytes);
            json.WriteStartArray("notices");
            foreach (var notice in notices)
            {
                json.WriteStringValue(notice);
            }

            json.WriteEndArray();
            json.WriteStartArray("operations");
            foreach (var operation in table.Operations)
            {
                WriteOperation(json, operation);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteOperation(Utf8JsonWriter json, OperationCost operation)
    {
        json.WriteStartObject();
        foreach (var (name, value) in s_columns)
        {
            switch (value(operation))
            {
                case string text:
                    json.WriteString(name, text);
                    break;
                case int number:
                    json.WriteNumber(name, number);
                    break;
                case double number:
                    json.WriteNumber(name, number);
                    break;
            }
        }

        json.WriteEndObject();
    }
}
