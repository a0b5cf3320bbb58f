using System.Globalization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation;

/// <summary>Reads <c>timeseries.csv</c>, whose cells are all numbers.</summary>
internal static class RecordedTicks
{
    private const int LargestBytes = 512 << 20;

    private static readonly FigureRange s_requests = new(0, 1e9, "requests");

    private static readonly string[] s_columns = ["t", "running", "waiting"];

    public static List<RecordedTick> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var stream = InputFile.Open(path);
        var content = JsonFields.Content(stream, path, LargestBytes);
        using var text = new StreamReader(new MemoryStream(content.ToArray()));
        var header = (text.ReadLine() ?? "").Split(',');
        var columns = Array.ConvertAll(s_columns, column => Column(path, header, column));
        var ticks = new List<RecordedTick>();
        for (var line = 2; text.ReadLine() is { } row; line++)
        {
            if (row.Length > 0)
            {
                var tick = Tick(
                    string.Create(CultureInfo.InvariantCulture, $"{path}:{line}"),
                    row,
                    header,
                    columns
                );
                if (ticks.Count > 0 && tick.Seconds <= ticks[^1].Seconds)
                {
                    throw new UserErrorException(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{path}:{line}:t: found {tick.Seconds} after {ticks[^1].Seconds}; allowed: times in ascending order"
                        )
                    );
                }

                ticks.Add(tick);
            }
        }

        return ticks;
    }

    private static int Column(string path, string[] header, string column)
    {
        var index = Array.IndexOf(header, column);
        return index < 0 ? throw new UserErrorException($"{path}:1: has no column {column}")
            : Array.LastIndexOf(header, column) != index
                ? throw new UserErrorException($"{path}:1: has two columns {column}")
            : index;
    }

    private static RecordedTick Tick(string where, string row, string[] header, int[] columns)
    {
        var cells = row.Split(',');
        if (cells.Length != header.Length)
        {
            throw new UserErrorException(
                $"{where}: has {cells.Length} cells where the header has {header.Length} columns"
            );
        }

        return new(
            Figure(0, FigureRanges.Timestamp),
            (int)Figure(1, s_requests, isWhole: true),
            (int)Figure(2, s_requests, isWhole: true)
        );

        double Figure(int column, FigureRange range, bool isWhole = false) =>
            double.TryParse(
                cells[columns[column]],
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out var figure
            )
            && range.Contains(figure)
            && (!isWhole || Math.Floor(figure) == figure)
                ? figure
                : throw new UserErrorException(
                    $"{where}:{s_columns[column]}: found '{cells[columns[column]]}'; allowed: a {(isWhole ? "whole " : "")}number {range}"
                );
    }
}
