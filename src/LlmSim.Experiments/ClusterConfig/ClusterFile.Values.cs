using System.Text.Json;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>Values of fields, and what is wrong with them.</content>
internal ref partial struct ClusterFile
{
    /// <summary>The value of a field, about to be looked at.</summary>
    private object Read(string field, ClusterValue value) =>
        value switch
        {
            ClusterValue.Whole whole => Whole(field, whole),
            ClusterValue.Number number => Number(field, number),
            ClusterValue.Flag => Flag(field, value),
            ClusterValue.Word word => OneOf(field, word),
            ClusterValue.Accelerator => Find(field, value, _names.Hardware),
            ClusterValue.Models => ReadModels(field, value),
            ClusterValue.Model => Find(field, value, _names.Model),
            ClusterValue.Drafter => Find(field, value, _names.Drafter),
            ClusterValue.Shares shares => Shares(field, shares),
            ClusterValue.SharesByName shares => SharesByName(field, shares),
            ClusterValue.CountsByName counts => CountsByName(field, counts),
            ClusterValue.Sizes sizes => Sizes(field, sizes),
            ClusterValue.Counts counts => Counts(field, counts),
            ClusterValue.NumberOr number => NumberOr(field, number),
            ClusterValue.List list => ReadTiers(field, list),
            ClusterValue.Fields fields => ReadFields(field, fields),
            _ => Text(field),
        };

    private object ReadFields(string field, ClusterValue.Fields fields) =>
        _reader.TokenType != JsonTokenType.StartObject ? throw NotAllowed(field, fields)
        : fields.All == EngineFields.All ? ReadEngine()
        : fields.All == SpeculationFields.All ? ReadSpeculation()
        : fields.All == LoraFields.All ? ReadLora()
        : fields.All == StructuredOutputFields.All ? ReadStructuredOutput()
        : ReadOverheads();

    /// <summary>The place of a name among those that are allowed.</summary>
    private readonly int OneOf(string field, ClusterValue.Word word)
    {
        var name = _reader.TokenType == JsonTokenType.String ? _reader.GetString()! : "";
        for (var i = 0; i < word.Words.Count; i++)
        {
            if (word.Words[i] == name)
            {
                return i;
            }
        }

        throw Error($"{field}: found {Found()}; allowed: {word}.{Suggestion.For(name, word.Words)}");
    }

    /// <summary>The sizes of a list, ascending, or of the word for none; the word for an engine's own.</summary>
    private object Sizes(string field, ClusterValue.Sizes sizes)
    {
        if (_reader.TokenType == JsonTokenType.StartArray)
        {
            return ReadSizes(field, sizes.Range);
        }

        var word = _reader.TokenType == JsonTokenType.String ? _reader.GetString()! : "";
        return word == sizes.None ? Array.Empty<int>()
            : word == sizes.Own ? word
            : throw NotAllowed(field, sizes);
    }

    private string[] ReadModels(string field, ClusterValue value)
    {
        var models = new List<string>();
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw NotAllowed(field, value);
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var model = (string)Find(field, new ClusterValue.Model(), _names.Model);
            if (models.Contains(model))
            {
                throw Error($"{field}: found {Found()} again; allowed: {value}");
            }

            models.Add(model);
        }

        return models.Count > 1
            ? [.. models]
            : throw Error($"{field}: found {models.Count}; allowed: {value}");
    }

    private int[] Counts(string field, ClusterValue.Counts value)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw NotAllowed(field, value);
        }

        var counts = new List<int>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            counts.Add((int)Whole(field, new ClusterValue.Whole(value.Range)));
        }

        return counts.Count > 0
            ? [.. counts]
            : throw Error($"{field}: found an empty list; allowed: {value}");
    }

    private int[] ReadSizes(string field, FigureRange range)
    {
        var sizes = new List<int>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var size = (int)Whole(field, new ClusterValue.Whole(range));
            if (sizes.Count > 0 && size <= sizes[^1])
            {
                throw Error($"{field}: found {size} after {sizes[^1]}; allowed: sizes in ascending order");
            }

            sizes.Add(size);
        }

        return [.. sizes];
    }

    /// <summary>What a name means.</summary>
    private readonly object Find(string field, ClusterValue value, Func<string, object> find)
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            throw NotAllowed(field, value);
        }

        try
        {
            return find(_reader.GetString()!);
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{Where()}: {field}: {e.Message}", e);
        }
    }

    private readonly long Whole(string field, ClusterValue.Whole whole) =>
        _reader.TokenType == JsonTokenType.Number
        && _reader.TryGetInt64(out var value)
        && whole.Range.Contains(value)
            ? value
            : throw NotAllowed(field, whole);

    private readonly bool Flag(string field, ClusterValue flag) =>
        _reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw NotAllowed(field, flag),
        };

    private readonly string Text(string field) =>
        _reader.TokenType == JsonTokenType.String
            ? _reader.GetString()!
            : throw NotAllowed(field, new ClusterValue.Text());

    private readonly double Number(string field, ClusterValue.Number number) =>
        _reader.TokenType == JsonTokenType.Number
        && _reader.TryGetDouble(out var value)
        && number.Range.Contains(value)
            ? value
            : throw NotAllowed(field, number);

    private readonly UserErrorException NotAllowed(string field, ClusterValue allowed) =>
        Error($"{field}: found {Found()}; allowed: {allowed}");

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
