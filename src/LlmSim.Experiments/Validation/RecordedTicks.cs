using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Validation;

/// <summary>Reads <c>timeseries.csv</c>, whose cells are all numbers.</summary>
internal static class RecordedTicks
{
    private static readonly FigureRange s_requests = new(0, 1e9, "requests");

    public static List<RecordedTick> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = CsvFile.Open(path);
        var (seconds, running, waiting) = (
            file.Require("t"),
            file.Require("running"),
            file.Require("waiting")
        );
        var ticks = new List<RecordedTick>();
        while (file.MoveNext())
        {
            var tick = new RecordedTick(
                Figure(seconds, FigureRanges.Timestamp),
                Whole(running),
                Whole(waiting)
            );
            ticks.Add(
                ticks.Count == 0 || tick.Seconds > ticks[^1].Seconds
                    ? tick
                    : throw file.Error(seconds, "times in ascending order")
            );
        }

        return ticks;

        double Figure(int column, FigureRange range)
        {
            var value = file.Number(column);
            return range.Contains(value) ? value : throw file.Error(column, $"a number {range}");
        }

        int Whole(int column)
        {
            var value = file.Number(column);
            return double.IsInteger(value) && s_requests.Contains(value)
                ? (int)value
                : throw file.Error(column, $"a whole number {s_requests}");
        }
    }
}
