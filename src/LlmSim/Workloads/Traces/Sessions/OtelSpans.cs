using System.Globalization;
using System.Text;
using System.Text.Json;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>A span of OpenTelemetry.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Trace">The trace that it is part of.</param>
/// <param name="Id">Its id.</param>
/// <param name="Parent">Id of the span around it; null for none.</param>
/// <param name="Conversation">Its conversation; null when it does not say.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="Input">Prompt tokens; 0 when it is no call of a model.</param>
/// <param name="Output">Output tokens.</param>
internal sealed record OtelSpan(
    long Line,
    string Trace,
    string Id,
    string? Parent,
    string? Conversation,
    SimTime Start,
    SimTime End,
    int Input,
    int Output
);

/// <summary>
/// Spans as the SDKs of OpenTelemetry print them, one a line, or as OTLP in JSON, a batch a line (opentelemetry.io/docs/specs/otlp, File Exporter). Calls of models
/// are those with token counts of the semantic conventions for generative AI (gen_ai.usage.input_tokens, output_tokens, and their former names).
/// </summary>
internal static class OtelSpans
{
    public const string InputName = "gen_ai.usage.input_tokens";
    public const string OutputName = "gen_ai.usage.output_tokens";
    public const string ConversationName = "gen_ai.conversation.id";

    private const string FormerInputName = "gen_ai.usage.prompt_tokens";
    private const string FormerOutputName = "gen_ai.usage.completion_tokens";

    /// <summary>The spans of a record.</summary>
    public static IEnumerable<OtelSpan> Read(JsonRecord record, TraceClock clock)
    {
        var lines = record.Lines;
        if (!record.Has("resourceSpans"))
        {
            return [Printed(record, clock)];
        }

        return Items(record.Root, "resourceSpans")
            .SelectMany(resource => Items(resource, "scopeSpans"))
            .SelectMany(scope => Items(scope, "spans"))
            .Select(span => Otlp(new JsonRecord(lines, span), clock));
    }

    private static OtelSpan Otlp(JsonRecord span, TraceClock clock)
    {
        var attributes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var attribute in Items(span.Root, "attributes"))
        {
            var value = DocumentRows.Member(attribute, "value");
            if (
                DocumentRows.Text(DocumentRows.Member(attribute, "key")) is { } key
                && value.ValueKind == JsonValueKind.Object
                && value.EnumerateObject().FirstOrDefault().Value is var content
            )
            {
                attributes[key] = content;
            }
        }

        return Span(
            span,
            span.RequiredName("traceId"),
            span.RequiredName("spanId"),
            span.Name("parentSpanId"),
            ("startTimeUnixNano", "endTimeUnixNano"),
            name => attributes.GetValueOrDefault(name),
            clock
        );
    }

    private static OtelSpan Printed(JsonRecord span, TraceClock clock)
    {
        var context = span.Has("context") ? new JsonRecord(span.Lines, span.Field("context")) : span;
        var attributes = span.Field("attributes");
        return Span(
            span,
            context.RequiredName("trace_id"),
            context.RequiredName("span_id"),
            span.Name(span.Has("parent_span_id") ? "parent_span_id" : "parent_id"),
            ("start_time", "end_time"),
            name => DocumentRows.Member(attributes, name),
            clock
        );
    }

    private static OtelSpan Span(
        JsonRecord span,
        string trace,
        string id,
        string? parent,
        (string Start, string End) times,
        Func<string, JsonElement> attribute,
        TraceClock clock
    )
    {
        JsonElement Either(string name, string former) =>
            attribute(name) is { ValueKind: not JsonValueKind.Undefined } found ? found : attribute(former);

        var (input, output) = (Either(InputName, FormerInputName), Either(OutputName, FormerOutputName));
        var isCall =
            input.ValueKind != JsonValueKind.Undefined || output.ValueKind != JsonValueKind.Undefined;
        var start =
            span.Time(times.Start, clock)
            ?? throw span.Lines.Error(times.Start, $"missing; allowed: {clock.Allowed}");
        var end =
            span.Time(times.End, clock)
            ?? throw span.Lines.Error(times.End, $"missing; allowed: {clock.Allowed}");
        if (end < start)
        {
            throw span.Lines.Error(
                times.End,
                FormattableString.Invariant(
                    $"{(start - end).Seconds} s before {times.Start}; allowed: at it or later"
                )
            );
        }

        return new OtelSpan(
            span.Lines.LineNumber,
            trace,
            id,
            parent,
            DocumentRows.Text(attribute(ConversationName)),
            start,
            end,
            isCall ? Tokens(span, InputName, input) : 0,
            isCall ? Tokens(span, OutputName, output) : 0
        );
    }

    /// <summary>OTLP writes integers of 64 bits as texts.</summary>
    private static int Tokens(JsonRecord span, string name, JsonElement element) =>
        element.ValueKind == JsonValueKind.String
            ? decimal.TryParse(
                DocumentRows.Text(element),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            ) && TraceRow.TryLength(number, out var tokens)
                ? tokens
                : throw span.Lines.Error(
                    name,
                    Encoding.UTF8.GetBytes(element.GetRawText()),
                    TraceRow.AllowedLength
                )
            : span.Length(name, element);

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        DocumentRows.Member(element, name) is { ValueKind: JsonValueKind.Array } array
            ? array.EnumerateArray()
            : default;
}
