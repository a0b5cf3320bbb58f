using System.Text.Json;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>Values of fields, and what is wrong with them.</content>
internal ref partial struct ClusterFile
{
    /// <summary>The place of a name among those that are allowed.</summary>
    private readonly int OneOf(string field, string[] allowed)
    {
        var name = _reader.TokenType == JsonTokenType.String ? _reader.GetString()! : "";
        return Array.IndexOf(allowed, name) is >= 0 and var index
            ? index
            : throw Error(
                $"{field}: found {Found()}; allowed: {string.Join(", ", allowed)}.{Suggestion.For(name, allowed)}"
            );
    }

    private readonly HardwareDescription FindHardware()
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            throw Error($"hardware: found {Found()}; allowed: the name of an accelerator, in quotes");
        }

        try
        {
            return _hardware(_reader.GetString()!);
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{Where()}: hardware: {e.Message}", e);
        }
    }

    private readonly long Whole(string field, FigureRange range) =>
        _reader.TokenType == JsonTokenType.Number
        && _reader.TryGetInt64(out var value)
        && range.Contains(value)
            ? value
            : throw Error($"{field}: found {Found()}; allowed: a whole number {range}");

    private readonly int Size(string field) => (int)Whole(field, FigureRanges.BatchSize);

    private readonly bool Flag(string field) =>
        _reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw Error($"{field}: found {Found()}; allowed: true, false"),
        };

    private readonly string Text(string field) =>
        _reader.TokenType == JsonTokenType.String
            ? _reader.GetString()!
            : throw Error($"{field}: found {Found()}; allowed: a name, in quotes");

    private readonly double Number(string field, FigureRange range) =>
        _reader.TokenType == JsonTokenType.Number
        && _reader.TryGetDouble(out var value)
        && range.Contains(value)
            ? value
            : throw Error($"{field}: found {Found()}; allowed: a number {range}");

    private readonly UserErrorException Error(string message) => new($"{Where()}: {message}");

    private readonly string Where() => Where((int)_reader.TokenStartIndex);

    private readonly string Where(int position) => $"{_name}:{Line(position)}";

    /// <summary>Line of an instance, counted on from the one before it: there may be 100,000.</summary>
    private int LineOfInstance(int position)
    {
        _counted = (position, _counted.Line + _json[_counted.Position..position].Count((byte)'\n'));
        return _counted.Line;
    }

    private readonly int Line(int position) => _json[..position].Count((byte)'\n') + 1;

    private readonly string Found() =>
        _reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => $"'{_reader.GetString()}'",
            _ => System.Text.Encoding.UTF8.GetString(_reader.ValueSpan),
        };
}
