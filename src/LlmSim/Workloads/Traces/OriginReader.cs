using System.Globalization;
using System.Text;

namespace LlmSim.Workloads.Traces;

/// <summary>Who sends the requests of a trace, from the columns that say it.</summary>
internal sealed class OriginReader(LineReader lines, OriginFields fields)
{
    private readonly RequestOrigins _origins = new();
    private string? _class;
    private string? _tenant;
    private string? _model;
    private double? _priority;
    private double? _deadlineSeconds;
    private IReadOnlyList<ImageSize>? _images;

    /// <summary>Begins the next row.</summary>
    public void Clear() =>
        (_class, _tenant, _model, _priority, _deadlineSeconds, _images) = (
            null,
            null,
            null,
            null,
            null,
            null
        );

    /// <summary>Takes a value; one that is empty is as if it were not there.</summary>
    /// <param name="slot">What it is.</param>
    /// <param name="text">The value; null when it is neither a text nor a number.</param>
    public void Set(JsonSlot slot, string? text)
    {
        switch (slot)
        {
            case JsonSlot.Class:
                _class = Name(fields.Class!, text);
                break;
            case JsonSlot.Tenant:
                _tenant = Name(fields.Tenant!, text);
                break;
            case JsonSlot.Model:
                _model = Name(fields.Model!, text);
                break;
            case JsonSlot.Priority:
                _priority = Number(fields.Priority!, text, RequestOrigins.PriorityRange);
                if (_priority is { } priority && !double.IsInteger(priority))
                {
                    throw Wrong(fields.Priority!, text, $"a whole number {RequestOrigins.PriorityRange}");
                }

                break;
            case JsonSlot.Images:
                if (text is null || !ImageSize.TryParseList(text, out _images))
                {
                    throw Wrong(fields.Images!, text, ImageSize.AllowedList);
                }

                break;
            default:
                _deadlineSeconds = Number(fields.Deadline!, text, FigureRanges.LimitSeconds);
                break;
        }
    }

    /// <summary>Who sends the request of this row, and its pictures; null when it says nothing of that.</summary>
    public TraceRowMore? More()
    {
        var origin = _origins.Of(
            _class,
            _tenant,
            _priority,
            deadlineSeconds: _deadlineSeconds,
            model: _model
        );
        return origin is null && _images is null
            ? null
            : new TraceRowMore(Conversation: null, origin) { Images = _images };
    }

    private string? Name(string field, string? text) =>
        text is null ? throw Wrong(field, text, "a text or a number")
        : text.Length == 0 ? null
        : text;

    private double? Number(string field, string? text, FigureRange range) =>
        text is { Length: 0 } ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && range.Contains(number)
            ? number
        : throw Wrong(field, text, $"a number {range}");

    private UserErrorException Wrong(string field, string? text, string allowed) =>
        lines.Error(field, Encoding.UTF8.GetBytes(text ?? "a list or an object"), allowed);
}
