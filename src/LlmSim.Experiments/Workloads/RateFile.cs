using System.Globalization;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>Reads a rate of arrivals over time: CSV with the columns time, in seconds, and rate, in requests per second.</summary>
internal static class RateFile
{
    /// <summary>The rate goes in lines from row to row.</summary>
    public const string Linear = "linear";

    /// <summary>The rate of a row holds until the next.</summary>
    public const string Steps = "steps";

    private const string TimeColumn = "time";
    private const string RateColumn = "rate";

    private static readonly FigureRange s_rates = new(
        0,
        FigureRanges.RequestsPerSecond.Most,
        FigureRanges.RequestsPerSecond.Unit
    );

    /// <summary>How the rate goes from row to row.</summary>
    public static IReadOnlyList<string> Interpolations { get; } = [Linear, Steps];

    /// <summary>The profile of a file.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or a row is wrong.</exception>
    public static RateProfile Read(string path, string interpolation)
    {
        if (!Interpolations.Contains(interpolation))
        {
            throw new UserErrorException(
                $"rate_interpolation: found '{interpolation}'; allowed: {string.Join(", ", Interpolations)}.{Suggestion.For(interpolation, Interpolations)}"
            );
        }

        using var stream = InputFile.Open(path);
        using var lines = new LineReader(stream, path, InputLimits.Current)
        {
            Shape = RecordShape.QuotedLines,
        };
        return new PiecewiseRate(Points(lines), isLinear: interpolation == Linear);
    }

    private static List<RatePoint> Points(LineReader lines)
    {
        if (!lines.MoveNext())
        {
            throw lines.FileError($"is empty; allowed: a header {TimeColumn},{RateColumn} and rows");
        }

        var header = new CsvHeader(lines);
        lines.Separators = [header.Separator];
        var columns = (Time: header.Find(TimeColumn), Rate: header.Find(RateColumn));
        if (columns.Time < 0 || columns.Rate < 0)
        {
            throw lines.Error(
                columns.Time < 0 ? TimeColumn : RateColumn,
                $"no such column; found: {header.Names}; allowed: {TimeColumn},{RateColumn}"
            );
        }

        var cells = new CsvCells(lines, header);
        var points = new List<RatePoint>();
        while (lines.MoveNext())
        {
            cells.Split();
            var time = Number(lines, TimeColumn, cells[columns.Time], FigureRanges.Seconds);
            if (points.Count > 0 && time <= points[^1].Seconds)
            {
                throw lines.Error(
                    TimeColumn,
                    FormattableString.Invariant(
                        $"found {time} after {points[^1].Seconds}; allowed: times that grow from row to row"
                    )
                );
            }

            points.Add(new RatePoint(time, Number(lines, RateColumn, cells[columns.Rate], s_rates)));
        }

        return points.Count == 0 ? throw lines.FileError("has a header and no row; allowed: at least one row")
            : points.TrueForAll(point => point.PerSecond == 0)
                ? throw lines.FileError($"{RateColumn}: is 0 in all rows; allowed: above 0 in one at least")
            : points;
    }

    private static double Number(LineReader lines, string column, ReadOnlySpan<byte> cell, FigureRange range)
    {
        var text = CsvCells.Unquoted(cell.Trim((byte)' ')).Trim();
        return
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && range.Contains(value)
            ? value
            : throw lines.Error(column, cell.Trim((byte)' '), $"a number {range}");
    }
}
