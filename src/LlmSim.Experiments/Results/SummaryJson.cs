using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Experiments.Results;

/// <summary>A result as JSON: the names of the code in lower case with underscores, in the order of the code.</summary>
internal static class SummaryJson
{
    private static readonly SummaryJsonContext s_context = new(
        new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters =
            {
                new NotANumberIsNull(),
                new SemanticsByOption(),
                new HardwareByName(),
                new EngineKindByName(),
                new JsonStringEnumConverter<InstanceState>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<DraftMethod>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<KvTierKind>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<KvTierWrite>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<KvTierEviction>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<KvTierLink>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<LoraTargets>(JsonNamingPolicy.SnakeCaseLower),
                new JsonStringEnumConverter<KvPreemption>(JsonNamingPolicy.SnakeCaseLower),
            },
        }
    );

    /// <summary>The result, with a line feed at its end.</summary>
    public static string Text(RunResult result) =>
        JsonSerializer.Serialize(result, s_context.RunResult) + "\n";

    /// <summary>The results as a list, with a line feed at its end.</summary>
    public static string Text(IReadOnlyList<RunResult> results) =>
        JsonSerializer.Serialize(results, s_context.IReadOnlyListRunResult) + "\n";

    /// <summary>A summary as the journal keeps it: <see cref="ParseSummary" /> gives back the same figures, bit by bit.</summary>
    internal static string Text(RunSummary summary) =>
        JsonSerializer.Serialize(summary, s_context.RunSummary);

    /// <summary>The configuration, member by member in the order of the code: equal configurations give equal text.</summary>
    internal static string Text(RunConfiguration configuration) =>
        JsonSerializer.Serialize(configuration, s_context.RunConfiguration);

    /// <summary>A configuration from its text; its names are looked up in the built-in catalogs.</summary>
    internal static RunConfiguration ParseConfiguration(string text) =>
        JsonSerializer.Deserialize(text, s_context.RunConfiguration)!;

    /// <summary>A summary from its text.</summary>
    internal static RunSummary ParseSummary(string text) =>
        JsonSerializer.Deserialize(text, s_context.RunSummary)!;

    /// <summary>Writes the result as UTF-8.</summary>
    public static void Write(Stream stream, RunResult result) =>
        stream.Write(Encoding.UTF8.GetBytes(Text(result)));

    /// <summary>JSON has no word for a figure that is not defined but null.</summary>
    private sealed class NotANumberIsNull : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }

    /// <summary>The options under their command-line names.</summary>
    private sealed class SemanticsByOption : JsonConverter<Semantics>
    {
        public override Semantics Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            string Text(string name) => document.RootElement.GetProperty(name).GetString()!;
            var preset = Text("preset");
            return SemanticsOptions.All.Aggregate(
                SemanticsOptions.Presets.First(known => known.Preset == preset),
                (semantics, option) => option.With(semantics, Text(option.Name))
            );
        }

        public override void Write(Utf8JsonWriter writer, Semantics value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("preset", value.Preset);
            foreach (var option in SemanticsOptions.All)
            {
                writer.WriteString(option.Name, option.Get(value));
            }

            writer.WriteEndObject();
        }
    }

    /// <summary>The accelerator's name alone, so that an instance reads as in a cluster file.</summary>
    private sealed class HardwareByName : WriteOnlyConverter<HardwareDescription>
    {
        public override void Write(
            Utf8JsonWriter writer,
            HardwareDescription value,
            JsonSerializerOptions options
        ) => writer.WriteStringValue(value.Name);
    }

    private sealed class EngineKindByName : WriteOnlyConverter<EngineKind>
    {
        public override void Write(Utf8JsonWriter writer, EngineKind value, JsonSerializerOptions options) =>
            writer.WriteStringValue(EngineDefaults.Name(value));
    }

    private abstract class WriteOnlyConverter<T> : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException($"{typeof(T).Name} is written, never read");
    }
}

/// <summary>Generated: no reflection, so that it costs little at start-up.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(IReadOnlyList<RunResult>))]
internal sealed partial class SummaryJsonContext : JsonSerializerContext;
