namespace LlmSim.Experiments.Reports;

/// <summary>A picture that a reader can zoom into and ask for values.</summary>
/// <param name="Title">What it shows.</param>
internal abstract record ChartBlock(string Title) : ReportBlock
{
    /// <summary>What was left out, or how to read it; empty for nothing.</summary>
    public string Note { get; init; } = "";

    /// <summary>Whether it takes the whole width.</summary>
    public bool IsWide { get; init; }

    /// <summary>Charts of one group are zoomed together; empty for one that is zoomed alone.</summary>
    public string ZoomGroup { get; init; } = "";
}

/// <summary>How an axis spreads its values.</summary>
internal enum AxisKind
{
    /// <summary>From zero, or from below it.</summary>
    Linear,

    /// <summary>Over the values alone, such as time.</summary>
    Tight,

    /// <summary>Around the values, where zero says nothing of points.</summary>
    Around,

    /// <summary>Logarithmic where all values are positive and span decades, else as <see cref="Linear" />.</summary>
    Automatic,

    /// <summary>Logarithmic.</summary>
    Logarithmic,

    /// <summary>From what is below all values to 100.</summary>
    Percent,
}

/// <summary>An axis.</summary>
/// <param name="Name">The quantity.</param>
/// <param name="Unit">Its unit; empty for none.</param>
/// <param name="Kind">How it spreads its values.</param>
internal sealed record ChartAxis(string Name, string Unit = "", AxisKind Kind = AxisKind.Linear)
{
    /// <summary>Values that are within it whatever is drawn, so that charts of one group have one axis.</summary>
    public IReadOnlyList<double> Within { get; init; } = [];
}

/// <summary>How a series is drawn.</summary>
internal enum SeriesStyle
{
    /// <summary>Points joined by a line.</summary>
    Line,

    /// <summary>A line with a marker at each point.</summary>
    MarkedLine,

    /// <summary>A value that stays until the next point.</summary>
    Step,

    /// <summary>Points alone.</summary>
    Points,
}

/// <summary>A series of points.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Style">How it is drawn.</param>
/// <param name="X">Horizontal values.</param>
/// <param name="Y">Vertical values, as many; NaN where undefined.</param>
internal sealed record ChartSeries(
    string Name,
    SeriesStyle Style,
    IReadOnlyList<double> X,
    IReadOnlyList<double> Y
)
{
    /// <summary>Lower ends of the intervals of <see cref="Y" />; null for none.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>Upper ends; null for none.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>What is said of each point when it is pointed at, beside its values; null for nothing.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The row of each point in the table that <see cref="XyChart.TableId" /> names, -1 for none; null for none.</summary>
    public IReadOnlyList<int>? Rows { get; init; }
}

/// <summary>A line across a chart, such as an SLO.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">Where.</param>
/// <param name="IsVertical">Whether it stands at a horizontal value.</param>
internal sealed record ReferenceLine(string Name, double Value, bool IsVertical = false);

/// <summary>Values against values: lines, steps and points.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">What is drawn.</param>
internal sealed record XyChart(string Title, ChartAxis X, ChartAxis Y, IReadOnlyList<ChartSeries> Series)
    : ChartBlock(Title)
{
    /// <summary>Lines across it.</summary>
    public IReadOnlyList<ReferenceLine> Lines { get; init; } = [];

    /// <summary>The table that points select rows of, and the other way round; empty for none.</summary>
    public string TableId { get; init; } = "";

    /// <summary>Whether both axes have one scale and bands of ±10 % and ±25 % around their diagonal.</summary>
    public bool IsComparison { get; init; }
}

/// <summary>Bars from a base to a low and a high end, one below the other: shares, or how much an assumption moves an answer.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Value">The horizontal axis.</param>
/// <param name="Bars">From top to bottom.</param>
internal sealed record BarChart(string Title, ChartAxis Value, IReadOnlyList<ChartBar> Bars)
    : ChartBlock(Title)
{
    /// <summary>Where bars that go both ways meet.</summary>
    public double Base { get; init; }
}

/// <summary>A bar.</summary>
/// <param name="Name">What it is of.</param>
/// <param name="Low">One end.</param>
/// <param name="High">The other end.</param>
/// <param name="Label">What is said of it when it is pointed at; empty for its values alone.</param>
internal sealed record ChartBar(string Name, double Low, double High, string Label = "");

/// <summary>A strip for each instance over time: how many requests it worked on, and near enough each request itself.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Instances">Names of the strips.</param>
/// <param name="Requests">The requests, by arrival.</param>
internal sealed record TimelineChart(string Title, IReadOnlyList<string> Instances, TimelineRequests Requests)
    : ChartBlock(Title);

/// <summary>Requests in columns: times in seconds, NaN where a request has none.</summary>
/// <param name="IdStep">What the numbers of neighbours differ by: 1 unless requests are left out.</param>
/// <param name="ArrivalSeconds">When they came, in order.</param>
/// <param name="PrefillRow">Strip of their prefill, -1 for none.</param>
/// <param name="PrefillStartSeconds">When their prefill began.</param>
/// <param name="PrefillFinishSeconds">When it ended.</param>
/// <param name="TransferFinishSeconds">When their KV cache had arrived.</param>
/// <param name="DecodeRow">Strip of their decode, -1 for none.</param>
/// <param name="DecodeStartSeconds">When they first joined a batch.</param>
/// <param name="FinishSeconds">When their last token came.</param>
/// <param name="InputTokens">Tokens of their prompts.</param>
/// <param name="OutputTokens">Tokens of their outputs.</param>
internal sealed record TimelineRequests(
    int IdStep,
    IReadOnlyList<double> ArrivalSeconds,
    IReadOnlyList<int> PrefillRow,
    IReadOnlyList<double> PrefillStartSeconds,
    IReadOnlyList<double> PrefillFinishSeconds,
    IReadOnlyList<double> TransferFinishSeconds,
    IReadOnlyList<int> DecodeRow,
    IReadOnlyList<double> DecodeStartSeconds,
    IReadOnlyList<double> FinishSeconds,
    IReadOnlyList<double> InputTokens,
    IReadOnlyList<double> OutputTokens
);
