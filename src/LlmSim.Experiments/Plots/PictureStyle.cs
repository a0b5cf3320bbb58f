using ScottPlot;
using ScottPlot.AxisPanels;
using ScottPlot.Panels;
using ScottPlot.Plottables;

namespace LlmSim.Experiments.Plots;

/// <summary>How every picture looks: sizes, font, and the colour and marker of each series.</summary>
internal static class PictureStyle
{
    public const float LineWidth = 1.8f;
    private const float MarkerSize = 7;
    private const int MarkersPerLine = 8;
    private const float EdgePaddingPixels = 12;

    /// <summary>Okabe and Ito (2008), which colour-blind readers can tell, without its yellow: pale on white.</summary>
    private static readonly Color[] s_colors =
    [
        Color.FromHex("#0072B2"),
        Color.FromHex("#D55E00"),
        Color.FromHex("#009E73"),
        Color.FromHex("#CC79A7"),
        Color.FromHex("#E69F00"),
        Color.FromHex("#56B4E9"),
        Color.FromHex("#000000"),
    ];

    private static readonly Color s_reference = Color.FromHex("#B3261E");

    private static readonly MarkerShape[] s_markers =
    [
        MarkerShape.FilledCircle,
        MarkerShape.FilledSquare,
        MarkerShape.FilledTriangleUp,
        MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown,
        MarkerShape.OpenCircle,
        MarkerShape.OpenSquare,
        MarkerShape.Cross,
    ];

    /// <summary>The series of this number has this colour in every picture.</summary>
    public static Color ColorOf(int series) => s_colors[series % s_colors.Length];

    /// <summary>A series whose colour another has has another dash; SVG is written without, and has markers alone.</summary>
    public static LinePattern PatternOf(int series) =>
        (series / s_colors.Length % 4) switch
        {
            0 => LinePattern.Solid,
            1 => LinePattern.Dashed,
            2 => LinePattern.Dotted,
            _ => LinePattern.DenselyDashed,
        };

    /// <summary>Numbers of markers and of colours have no common divisor, so pairs repeat late.</summary>
    public static MarkerStyle MarkerOf(int series) =>
        new(s_markers[series % s_markers.Length], MarkerSize, ColorOf(series)) { LineWidth = 1.5f };

    /// <summary>An empty picture.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="xLabel">Quantity and unit.</param>
    /// <param name="yLabel">Quantity and unit.</param>
    /// <param name="notes">What a reader has to know of what was left out; nulls are skipped.</param>
    public static Plot NewPlot(string title, string xLabel, string yLabel, params string?[] notes)
    {
        PlotFont.Register();
        var plot = new Plot();
        plot.Axes.Title.Label.FontSize = 16;
        plot.Axes.Title.Label.Bold = true;
        plot.Title(title);
        plot.XLabel(xLabel);
        plot.YLabel(yLabel);
        foreach (var label in (LabelStyle[])[plot.Axes.Bottom.Label, plot.Axes.Left.Label])
        {
            label.FontSize = 13;
            label.Bold = false;
        }

        plot.Grid.MajorLineColor = Color.FromHex("#E4E4E4");
        ((AxisBase)plot.Axes.Left).PaddingOutsideAxisLabels = new(EdgePaddingPixels);
        plot.Axes.Top.FrameLineStyle.IsVisible = false;
        plot.Axes.Right.FrameLineStyle.IsVisible = false;
        AddNotes(plot, notes);
        return plot;
    }

    /// <summary>
    /// Draws a series as a line with a few markers, because colours alone do not tell lines apart in print, and SVG is
    /// written without dashes.
    /// </summary>
    /// <param name="plot">The picture.</param>
    /// <param name="points">The points of the line.</param>
    /// <param name="series">Number of the series.</param>
    /// <param name="seriesCount">How many there are; a single one has no markers.</param>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="isStep">Whether a value holds until the next point.</param>
    public static void AddLine(
        Plot plot,
        Coordinates[] points,
        int series,
        int seriesCount,
        string name,
        bool isStep
    )
    {
        var line = plot.Add.Scatter(points);
        line.Color = ColorOf(series);
        line.LineWidth = LineWidth;
        line.LinePattern = PatternOf(series);
        line.MarkerSize = 0;
        line.ConnectStyle = isStep ? ConnectStyle.StepHorizontal : ConnectStyle.Straight;
        var item = new LegendItem
        {
            LabelText = name,
            LineColor = ColorOf(series),
            LineWidth = LineWidth,
            LinePattern = PatternOf(series),
        };
        if (seriesCount > 1)
        {
            var marks = plot.Add.Scatter(Marked(points, (series + 0.5) / seriesCount));
            marks.LineWidth = 0;
            marks.MarkerStyle = MarkerOf(series);
            item.MarkerStyle = MarkerOf(series);
        }

        plot.Legend.ManualItems.Add(item);
    }

    /// <summary>A line across the picture, such as an SLO, with its name at its end.</summary>
    /// <param name="plot">The picture.</param>
    /// <param name="name">What it is.</param>
    /// <param name="place">Where it is on its axis.</param>
    /// <param name="isVertical">Whether it stands.</param>
    public static void AddReference(Plot plot, string name, double place, bool isVertical)
    {
        AxisLine line = isVertical ? plot.Add.VerticalLine(place) : plot.Add.HorizontalLine(place);
        line.Color = s_reference;
        line.LineWidth = 1.2f;
        line.LinePattern = LinePattern.Dashed;
        plot.Legend.ManualItems.Add(
            new LegendItem
            {
                LabelText = name,
                LineColor = s_reference,
                LineWidth = 1.2f,
                LinePattern = LinePattern.Dashed,
            }
        );
    }

    /// <summary>A legend below the picture, where it covers nothing; a single series needs none.</summary>
    public static void AddLegend(Plot plot, int series)
    {
        if (series < 2)
        {
            plot.HideLegend();
            return;
        }

        var panel = plot.ShowLegend(Edge.Bottom);
        panel.Alignment = Alignment.MiddleCenter;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.SymbolWidth = 32;
        plot.Legend.FontSize = 12;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
    }

    /// <summary>Evenly chosen points; other phases for other series, so that equal lines do not hide each other's markers.</summary>
    private static Coordinates[] Marked(Coordinates[] points, double phase) =>
        [
            .. Enumerable
                .Range(0, MarkersPerLine)
                .Select(mark => (int)((mark + phase) / MarkersPerLine * points.Length))
                .Distinct()
                .Select(index => points[index]),
        ];

    /// <summary>Adds a line of notes above the picture; nulls are skipped.</summary>
    public static void AddNotes(Plot plot, params string?[] notes)
    {
        var text = string.Join("; ", notes.Where(note => note is not null));
        if (text.Length > 0)
        {
            var panel = new TitlePanel();
            panel.Label.Text = text;
            panel.Label.FontSize = 11;
            panel.Label.Bold = false;
            panel.Label.FontName = PlotFont.Name;
            panel.Label.ForeColor = Color.FromHex("#555555");
            plot.Axes.AddPanel(panel);
        }
    }
}
