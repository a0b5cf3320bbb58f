using System.Globalization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation;

/// <summary>Reads <c>requests.jsonl</c>.</summary>
internal static class RecordedRequests
{
    private static readonly FigureRange s_tokens = new(1, 1e7, "tokens");

    public static RecordedRequest[] Read(string path)
    {
        var lines = Lines(path);
        if (lines.Count == 0)
        {
            throw new UserErrorException($"{path}: is empty; allowed: at least one request");
        }

        var arrival = Arrival(lines);
        var start = lines.Min(arrival);
        return
        [
            .. lines
                .OrderBy(arrival)
                .ThenBy(line => line.Queued)
                .ThenBy(line => line.Number)
                .Select(line => new RecordedRequest(
                    line.Number,
                    line.InputTokens,
                    line.OutputTokens,
                    arrival(line) - start,
                    line.Queued - start,
                    line.FirstToken - start,
                    line.LastToken - start
                )),
        ];
    }

    private static List<Line> Lines(string path)
    {
        var limits = InputLimits.Current;
        using var stream = InputFile.Open(path, limits, limits.ReportBytes);
        var content = Utf8Document.Read(stream, path, limits.ReportBytes, "a request a line");
        var lines = new List<Line>();
        var lineOf = new Dictionary<int, int>();
        var number = 0;
        while (content.Length > 0)
        {
            number++;
            var end = content.Span.IndexOf((byte)'\n');
            var text = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (text.Span.Trim("\r \t"u8).Length == 0)
            {
                continue;
            }

            var fields = JsonFields.ReadLine(text, path, number);
            var line = Parse(fields);
            if (!lineOf.TryAdd(line.Number, number))
            {
                throw fields.Error(
                    "request_id",
                    $"the request of line {lineOf[line.Number]} again; each comes once."
                );
            }

            lines.Add(line);
        }

        return lines;
    }

    private static Line Parse(JsonFields fields)
    {
        var line = new Line(
            Number(fields),
            (int)fields.Whole("input_toks", s_tokens),
            (int)fields.Whole("output_toks", s_tokens),
            fields.Number("queued_ts", FigureRanges.Timestamp),
            fields.Number("first_token_ts", FigureRanges.Timestamp),
            fields.Number("last_token_ts", FigureRanges.Timestamp),
            fields.NumberOrNull("arrival_time", FigureRanges.Timestamp)
        );
        return line.Queued > line.FirstToken ? throw fields.Error("first_token_ts", "is before queued_ts.")
            : line.FirstToken > line.LastToken
                ? throw fields.Error("last_token_ts", "is before first_token_ts.")
            : line;
    }

    /// <summary>The number at the end of an id such as bench-17.</summary>
    private static int Number(JsonFields fields)
    {
        var id = fields.Text("request_id");
        return int.TryParse(
            id.AsSpan(id.LastIndexOf('-') + 1),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : throw fields.Error("request_id", $"'{id}' where a name that ends in -NUMBER is expected.");
    }

    /// <summary>
    /// When a request came, on the clock of queued_ts. arrival_time is another clock's: the two were set apart by the least that lies
    /// between them, that of a request which was taken in at once. A run without it has only when requests were taken in.
    /// </summary>
    private static Func<Line, double> Arrival(List<Line> lines)
    {
        if (!lines.TrueForAll(line => line.ArrivalTime is not null))
        {
            return line => line.Queued;
        }

        var apart = lines.Min(line => line.Queued - line.ArrivalTime!.Value);
        return line => line.ArrivalTime!.Value + apart;
    }

    private sealed record Line(
        int Number,
        int InputTokens,
        int OutputTokens,
        double Queued,
        double FirstToken,
        double LastToken,
        double? ArrivalTime
    );
}
