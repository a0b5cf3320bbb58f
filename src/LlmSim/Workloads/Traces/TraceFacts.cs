using System.Globalization;

namespace LlmSim.Workloads.Traces;

/// <summary>What was read of a trace, so that a wrong unit of time is seen.</summary>
internal sealed record TraceFacts
{
    /// <summary>From so many requests a second on, or so many seconds a request, the unit of time is doubted.</summary>
    private const double Implausible = 1000;

    /// <summary>Fewer requests may well come at any rate.</summary>
    private const int FewRequests = 10;

    /// <summary>The name of the file.</summary>
    public required string Source { get; init; }

    /// <summary>The name of its format.</summary>
    public required string Format { get; init; }

    /// <summary>Unit of its times: s, ms, us, ns or iso; null when it has none.</summary>
    public required string? TimeUnit { get; init; }

    /// <summary>Whether that unit was given or told by the trace, and not only the usual one of its format.</summary>
    public required bool IsTimeUnitCertain { get; init; }

    /// <summary>Requests that were taken.</summary>
    public required long Requests { get; init; }

    /// <summary>How many of these are conversations, of which each is several requests.</summary>
    public long Conversations { get; init; }

    /// <summary>Last arrival − first arrival of these in seconds, before any scaling; null without times.</summary>
    public required double? SpanSeconds { get; init; }

    /// <summary>1 / mean gap between these, in requests per second; null when there is none.</summary>
    public double? RatePerSecond => SpanSeconds > 0 ? (Requests - 1) / SpanSeconds : null;

    /// <summary>Rows that were left out because they are no requests.</summary>
    public required long Skipped { get; init; }

    /// <summary>What is wrong with the first of these.</summary>
    public required string? FirstSkipped { get; init; }

    /// <summary>What the reader of the format has to say; null for nothing.</summary>
    public required string? Remark { get; init; }

    /// <summary>One line: requests, span, rate, unit and format.</summary>
    public string Describe()
    {
        var noun =
            Conversations == 0 ? "request"
            : Conversations == Requests ? "conversation"
            : "request and conversation";
        var count = Count(Requests, noun);
        var skipped = Skipped > 0 ? $"; {Count(Skipped, "row")} left out" : "";
        if (SpanSeconds is not { } span)
        {
            return $"{count} without times ({Format}){skipped}";
        }

        var rate = RatePerSecond is { } known ? $", {Number(known, "G3")}/s" : "";
        var unit = TimeUnit == "iso" ? "times of ISO 8601" : $"times in {TimeUnit}";
        return $"{count} in {Number(span, span < 1000 ? "G4" : "N0")} s{rate}, {unit} ({Format}){skipped}";
    }

    /// <summary>What the user should know before trusting a result; each is one line.</summary>
    public IEnumerable<string> Notices()
    {
        if (DoubtedUnit() is { } doubt)
        {
            yield return $"{Source}: {doubt}";
        }

        if (Skipped > 0)
        {
            yield return $"{Source}: {Count(Skipped, "row")} left out by skip_invalid; the first: {FirstSkipped}";
        }

        if (Remark is not null)
        {
            yield return $"{Source}: {Remark}";
        }
    }

    private string? DoubtedUnit()
    {
        if (IsTimeUnitCertain || Requests < FewRequests || RatePerSecond is not { } rate)
        {
            return null;
        }

        var other = (TimeUnit, rate) switch
        {
            ("ms", >= Implausible) => "s",
            ("s", <= 1 / Implausible) => "ms",
            ("us", >= Implausible) => "ms",
            ("ns", >= Implausible) => "us",
            _ => null,
        };
        return other is null
            ? null
            : $"{Number(Requests, "N0")} requests in {Number(SpanSeconds!.Value, "G3")} s are {Number(rate, "G3")} a second, with times "
                + $"in {TimeUnit} as usual in its format; if they are in {other}, give --time_unit {other}";
    }

    private static string Count(long count, string noun) =>
        $"{Number(count, "N0")} {noun}{(count == 1 ? "" : "s")}";

    private static string Number(double value, string format) =>
        format == "G3" && value is >= 1000 and < 1e15
            ? value.ToString("N0", CultureInfo.InvariantCulture)
            : value.ToString(format, CultureInfo.InvariantCulture);
}
