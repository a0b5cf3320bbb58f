using System.Globalization;
using System.Text;

namespace LlmSim.Workloads.Traces;

/// <summary>Who sends the requests of a trace, from the columns that say it.</summary>
internal sealed class OriginReader(LineReader lines, OriginFields fields)
{
    private static readonly FigureRange s_thinking = new(0, WorkloadParameter.MaxTokensLimit);

    private readonly RequestOrigins _origins = new();

    /// <summary>Those that were read before; requests that think or have media have objects of their own.</summary>
    private readonly Dictionary<RequestTraits, RequestTraits> _known = [];
    private string? _class;
    private string? _tenant;
    private string? _model;
    private double? _priority;
    private double? _deadlineSeconds;
    private RequestTraits _traits = RequestTraits.None;

    /// <summary>Begins the next row.</summary>
    public void Clear() =>
        (_class, _tenant, _model, _priority, _deadlineSeconds, _traits) = (
            null,
            null,
            null,
            null,
            null,
            RequestTraits.None
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
            case JsonSlot.Adapter:
                _traits = _traits with { Adapter = Name(fields.Adapter!, text) };
                break;
            case JsonSlot.Schema:
                _traits = _traits with { Schema = Name(fields.Schema!, text) };
                break;
            case JsonSlot.Thinking:
                _traits = _traits with { ThinkingTokens = Whole(fields.Thinking!, text, s_thinking) ?? 0 };
                break;
            case JsonSlot.Priority:
                _priority = Whole(fields.Priority!, text, RequestOrigins.PriorityRange);
                break;
            case JsonSlot.Images:
                _traits = With(MediaKind.Image, fields.Images!, text);
                break;
            case JsonSlot.Videos:
                _traits = With(MediaKind.Video, fields.Videos!, text);
                break;
            case JsonSlot.Audio:
                _traits = With(MediaKind.Audio, fields.Audio!, text);
                break;
            default:
                _deadlineSeconds = Number(fields.Deadline!, text, FigureRanges.LimitSeconds);
                break;
        }
    }

    /// <summary>Who sends the request of this row, and what few have; null when it says nothing of that.</summary>
    public TraceRowMore? More()
    {
        var origin = _origins.Of(
            _class,
            _tenant,
            _priority,
            deadlineSeconds: _deadlineSeconds,
            model: _model
        );
        return origin is null && _traits.OrNull is null
            ? null
            : new TraceRowMore(Conversation: null, origin) { Traits = Traits() };
    }

    private RequestTraits? Traits()
    {
        if (_traits.OrNull is null || _traits is { ThinkingTokens: > 0 } or { Media: not null })
        {
            return _traits.OrNull;
        }

        if (!_known.TryGetValue(_traits, out var traits))
        {
            traits = _traits;
            _known.Add(traits, traits);
        }

        return traits;
    }

    private RequestTraits With(MediaKind kind, string field, string? text) =>
        text is not null && MediaItem.TryParseList(text, kind, out var items)
            ? _traits with
            {
                Media = MediaItem.Join(_traits.Media, items),
            }
            : throw Wrong(field, text, MediaItem.AllowedList(kind));

    private string? Name(string field, string? text) =>
        text is null ? throw Wrong(field, text, "a text or a number")
        : text.Length == 0 ? null
        : text;

    private int? Whole(string field, string? text, FigureRange range) =>
        Number(field, text, range) is not { } number ? null
        : double.IsInteger(number) ? (int)number
        : throw Wrong(field, text, $"a whole number {range}");

    private double? Number(string field, string? text, FigureRange range) =>
        text is { Length: 0 } ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && range.Contains(number)
            ? number
        : throw Wrong(field, text, $"a number {range}");

    private UserErrorException Wrong(string field, string? text, string allowed) =>
        lines.Error(field, Encoding.UTF8.GetBytes(text ?? "a list or an object"), allowed);
}
