namespace LlmSim.Workloads.Traces;

/// <summary>
/// A format of recorded workloads: the names of its fields, and the unit of its times where neither the name of their field nor
/// their form tells it. Names with dots lead into nested JSON objects; of several names the first that is there is read.
/// </summary>
internal sealed class TraceFormat
{
    internal TraceFormat(string name, string summary) => (Name, Summary) = (name, summary);

    /// <summary>All formats that are known, the most usual first.</summary>
    public static IReadOnlyList<TraceFormat> All => TraceFormats.All;

    /// <summary>Its name, in lower case.</summary>
    public string Name { get; }

    /// <summary>One line: what writes it, and how.</summary>
    public string Summary { get; }

    /// <summary>Fields that all its files have, and few others.</summary>
    internal IReadOnlyList<string> Marks { get; init; } = [];

    internal IReadOnlyList<string> Arrival { get; init; } = [];

    internal IReadOnlyList<string> Input { get; init; } = [];

    internal IReadOnlyList<string> Output { get; init; } = [];

    internal IReadOnlyList<string> HashIds { get; init; } = [];

    /// <summary>The unit of times that are plain numbers.</summary>
    internal TimeUnit Unit { get; init; } = TimeUnit.Seconds;

    /// <summary>Whether files of this format have no other unit.</summary>
    internal bool IsUnitCertain { get; init; }

    /// <summary>Tokens that a hash id stands for.</summary>
    internal int HashBlockTokens { get; init; } = RequestSpec.MooncakeBlockTokens;

    /// <summary>Reads what is not a table of these fields; null for one that is. Only JSON has such formats.</summary>
    internal Func<LineReader, TraceClockFactory, ITraceRows>? Rows { get; init; }

    /// <summary>Reads its conversations; null for a format that has none.</summary>
    internal SessionRowsFactory? Sessions { get; init; }

    /// <summary>The format of a name.</summary>
    /// <exception cref="UserErrorException">There is no such format.</exception>
    public static TraceFormat Parse(string name)
    {
        var names = All.Select(format => format.Name).ToArray();
        return All.FirstOrDefault(format => format.Name == name)
            ?? throw new UserErrorException(
                $"trace_format: found '{name}'; allowed: {string.Join(", ", names)}.{Suggestion.For(name, names)}"
            );
    }

    /// <summary>Whether it has the same lengths under the same names, and marks besides that tell its unit.</summary>
    internal bool IsDialectOf(TraceFormat other) =>
        Marks.Count > 0
        && other.Input.Count > 0
        && Input.SequenceEqual(other.Input)
        && Output.SequenceEqual(other.Output);

    /// <summary>How much of the format is among some names: 0 when what sets it apart is missing.</summary>
    internal int Score(FieldNames names)
    {
        var required = Marks.Count + (names.Has(Input) ? 1 : 0) + (names.Has(Output) ? 1 : 0);
        return required == 0 || !Marks.All(names.Contains) ? 0 : required + (names.Has(Arrival) ? 1 : 0);
    }
}

/// <summary>Makes the clock that reads a field of times.</summary>
internal delegate TraceClock TraceClockFactory(string field);
