using System.Text;
using System.Text.Json;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>The current record of a file of JSON, field by field; every error says line and field.</summary>
internal readonly struct JsonRecord(LineReader lines, JsonElement root)
{
    public LineReader Lines => lines;

    public JsonElement Root => root;

    /// <summary>Parses the current record.</summary>
    /// <exception cref="UserErrorException">It is no JSON object, or has a key twice.</exception>
    public static JsonDocument Parse(LineReader lines)
    {
        lines.RequireUtf8();
        try
        {
            var document = JsonDocument.Parse(lines.Line.ToArray(), DocumentRows.Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw lines.Error("", lines.Line, "a JSON object");
        }
        catch (JsonException e)
        {
            throw e.LineNumber is null
                ? lines.Error("", $"{e.Message} Allowed: each once.")
                : lines.Error("", lines.Line, "a JSON object");
        }
        catch (InvalidOperationException)
        {
            throw lines.Error("", DocumentRows.HalfCharacter);
        }
    }

    /// <summary>A field; undefined when it is not there, or null.</summary>
    public JsonElement Field(string name) => DocumentRows.Member(root, name);

    public bool Has(string name) => Field(name).ValueKind != JsonValueKind.Undefined;

    /// <summary>A name: a text, or a whole number; null when it is not there.</summary>
    public string? Name(string field)
    {
        var element = Field(field);
        return element.ValueKind switch
        {
            JsonValueKind.Undefined => null,
            JsonValueKind.Number when element.TryGetInt64(out _) => element.GetRawText(),
            JsonValueKind.String when DocumentRows.Text(element) is { Length: > 0 } text => text,
            _ => throw Wrong(field, element, "a text or a whole number"),
        };
    }

    public string RequiredName(string field) =>
        Name(field) ?? throw Missing(field, "a text or a whole number");

    /// <summary>A length in tokens.</summary>
    public int Length(string field) => Length(field, Field(field));

    /// <summary>A length in tokens.</summary>
    public int Length(string field, JsonElement element) =>
        element.ValueKind == JsonValueKind.Number
        && element.TryGetDecimal(out var number)
        && TraceRow.TryLength(number, out var tokens)
            ? tokens
            : throw Wrong(field, element, TraceRow.AllowedLength);

    /// <summary>A number; null when it is not there.</summary>
    public double? Number(string field, FigureRange range)
    {
        var element = Field(field);
        return element.ValueKind == JsonValueKind.Undefined ? null
            : element.ValueKind == JsonValueKind.Number
            && element.TryGetDouble(out var number)
            && range.Contains(number)
                ? number
            : throw Wrong(field, element, $"a number {range}");
    }

    /// <summary>A time; null when it is not there.</summary>
    public SimTime? Time(string field, TraceClock clock) => Time(field, Field(field), clock);

    /// <summary>A time; null when it is not there.</summary>
    public SimTime? Time(string field, JsonElement element, TraceClock clock)
    {
        SimTime time = default;
        return element.ValueKind switch
        {
            JsonValueKind.Undefined => null,
            JsonValueKind.Number
                when element.TryGetDecimal(out var number) && clock.TryRead(number, out time) => time,
            JsonValueKind.String
                when DocumentRows.Text(element) is { } text
                    && clock.TryRead(Encoding.UTF8.GetBytes(text), out time) => time,
            _ => throw Wrong(field, element, clock.Allowed),
        };
    }

    /// <summary>Ids of 64 bits with or without a sign; null when they are not there.</summary>
    public long[]? HashIds(string field)
    {
        var element = Field(field);
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        var record = this;
        return element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select(id => record.Whole(field, id))]
            : throw Wrong(field, element, "an array of integers of 64 bits");
    }

    /// <summary>An integer of 64 bits with or without a sign.</summary>
    public long Whole(string field, JsonElement element) =>
        element.ValueKind != JsonValueKind.Number ? throw Wrong(field, element, "an integer of 64 bits")
        : element.TryGetInt64(out var id) ? id
        : element.TryGetUInt64(out var unsigned) ? unchecked((long)unsigned)
        : throw Wrong(field, element, "an integer of 64 bits");

    public UserErrorException Wrong(string field, JsonElement element, string allowed) =>
        element.ValueKind == JsonValueKind.Undefined
            ? Missing(field, allowed)
            : lines.Error(field, Encoding.UTF8.GetBytes(element.GetRawText()), allowed);

    private UserErrorException Missing(string field, string allowed) =>
        lines.Error(field, $"missing; allowed: {allowed}");
}
