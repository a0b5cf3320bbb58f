using System.Globalization;
using System.Text.Json;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>A request in a JSON document that holds all of them.</summary>
/// <param name="Place">Where a field of it is, with {0} for the field's name.</param>
/// <param name="Arrival">Its time; undefined when it has none.</param>
/// <param name="Input">Its prompt tokens.</param>
/// <param name="Output">Its output tokens.</param>
internal readonly record struct DocumentRow(
    string Place,
    JsonElement Arrival,
    JsonElement Input,
    JsonElement Output
);

/// <summary>The requests of a JSON document, which is held in memory.</summary>
internal sealed class DocumentRows(
    LineReader lines,
    TraceFields fields,
    TraceClock clock,
    IReadOnlyList<DocumentRow> rows
) : ITraceRows
{
    /// <summary>Of an object that has a member twice no reader can know which is meant.</summary>
    public static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>What is wrong with a text that cannot be read.</summary>
    public const string HalfCharacter = "an escape such as \\ud800 is half a character";

    private int _current = -1;

    public TraceClock Clock => clock;

    public string ArrivalField => fields.Arrival ?? "";

    public string? Notice { get; init; }

    /// <summary>Parses the whole rest of a file.</summary>
    /// <exception cref="UserErrorException">It is not JSON, or too large.</exception>
    public static JsonElement Parse(LineReader lines)
    {
        try
        {
            return JsonDocument.Parse(lines.ReadToEnd(), Options).RootElement;
        }
        catch (JsonException e)
        {
            throw lines.FileError(
                e.LineNumber is null
                    ? $"{e.Message} Allowed: each once."
                    : FormattableString.Invariant(
                        $"this is not JSON from line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}; allowed: one whole JSON document"
                    )
            );
        }
        catch (InvalidOperationException)
        {
            throw lines.FileError(HalfCharacter);
        }
    }

    /// <summary>A member of an object; undefined when it is not there, or null.</summary>
    public static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : default;

    /// <summary>A text; null where it is something else, or has half a character.</summary>
    public static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public bool MoveNext() => ++_current < rows.Count;

    public TraceRow Read()
    {
        var row = rows[_current];
        return new TraceRow(
            Time(row.Arrival),
            Length(row.Input, fields.Input),
            Length(row.Output, fields.Output)
        );
    }

    public UserErrorException Error(string field, string message) =>
        lines.FileError(
            $"{string.Format(CultureInfo.InvariantCulture, rows[_current].Place, field)}: {message}"
        );

    private SimTime? Time(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        SimTime time = default;
        var isTime = element.ValueKind switch
        {
            JsonValueKind.Number => element.TryGetDecimal(out var number) && clock.TryRead(number, out time),
            JsonValueKind.String => Text(element) is { } text
                && clock.TryRead(System.Text.Encoding.UTF8.GetBytes(text), out time),
            _ => false,
        };
        return isTime ? time : throw Wrong(ArrivalField, element, clock.Allowed);
    }

    private int Length(JsonElement element, string field) =>
        element.ValueKind == JsonValueKind.Number
        && element.TryGetDecimal(out var number)
        && TraceRow.TryLength(number, out var tokens)
            ? tokens
            : throw Wrong(field, element, TraceRow.AllowedLength);

    private UserErrorException Wrong(string field, JsonElement element, string allowed) =>
        Error(
            field,
            $"found {(element.ValueKind == JsonValueKind.Undefined ? "nothing" : LineReader.Excerpt(System.Text.Encoding.UTF8.GetBytes(element.GetRawText())))}; allowed: {allowed}"
        );
}
