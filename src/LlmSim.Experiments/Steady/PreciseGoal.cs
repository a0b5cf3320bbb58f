using System.Globalization;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Steady;

/// <summary>How sure a run shall be of some figures, and how long it may become for that.</summary>
/// <param name="Share">Half of each figure's 95 % interval, relative to the figure, is to be no wider than this.</param>
/// <param name="Figures">At least one; single requests have each.</param>
/// <param name="MostRequests">No more requests than these.</param>
/// <param name="MostSeconds">None that arrive later than this on the simulated clock; null without such a limit.</param>
internal sealed record PreciseGoal(
    double Share,
    IReadOnlyList<SloFigure> Figures,
    int MostRequests,
    double? MostSeconds
)
{
    /// <summary>The figure that is meant when none is named.</summary>
    public const string DefaultFigure = "ttft_p99";

    /// <summary>So many requests have exact percentiles.</summary>
    public const int DefaultMostRequests = ValueSummary.MaxExactValues;

    private static string Allowed =>
        "ttft, tpot, e2e, prefill_queue, kv_transfer or decode_queue with _mean, _p25, _p50, _p75, _p90, _p95 or _p99; attainment, ttft_attainment, tpot_attainment";

    /// <summary>Reads the values of <c>--precise</c>, <c>--precise_figure</c> and <c>--precise_limit</c>.</summary>
    /// <param name="share">Such as <c>2%</c> or <c>0.02</c>.</param>
    /// <param name="figures">Names; the default figure when there are none.</param>
    /// <param name="limit">A number of requests, or seconds such as <c>3600s</c>; null for the default.</param>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static PreciseGoal Parse(string share, IReadOnlyList<string> figures, string? limit)
    {
        var seconds =
            limit?.EndsWith('s') == true ? ParseLimit(limit, limit[..^1], double.MaxValue) : (double?)null;
        return new PreciseGoal(
            ParseShare(share),
            [.. figures.DefaultIfEmpty(DefaultFigure).Select(ParseFigure).Distinct()],
            limit is null || seconds is not null
                ? DefaultMostRequests
                : (int)ParseLimit(limit, limit, int.MaxValue),
            seconds
        );
    }

    private static double ParseShare(string text)
    {
        var isPercent = text.EndsWith('%');
        return
            Number(isPercent ? text[..^1] : text) is { } value
            && (isPercent ? value / 100 : value) is > 0 and < 1 and var share
            ? share
            : throw new UserErrorException(
                $"--precise: found '{text}'; allowed: half the width of the interval as a share of the figure, such as 2% or 0.02, above 0 and below 100%"
            );
    }

    private static SloFigure ParseFigure(string name) =>
        SloFigure.Find(name) is { } figure && RequestSeries.HasInterval(figure)
            ? figure
            : throw new UserErrorException(
                $"--precise_figure: found '{name}'; allowed: {Allowed}.{Suggestion.For(name, RequestSeries.Figures.Select(one => one.Name))}"
            );

    private static double ParseLimit(string text, string number, double most) =>
        Number(number) is { } value && value >= 1 && value <= most && (most > int.MaxValue || value % 1 == 0)
            ? value
            : throw new UserErrorException(
                $"--precise_limit: found '{text}'; allowed: a number of requests from 1, such as 200000, or simulated seconds from 1s, such as 3600s"
            );

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}

/// <summary>How the length of a run was found.</summary>
/// <param name="AskedPercent">Half the width of the intervals that was asked for, in per cent of the figures.</param>
/// <param name="IsReached">Whether they are so narrow.</param>
/// <param name="Reason">Why the run did not become longer.</param>
/// <param name="Requests">Requests of the run.</param>
/// <param name="WarmUp">Those of them that the statistics leave out at the beginning.</param>
/// <param name="Runs">Simulations that were made to find out.</param>
/// <param name="Intervals">The intervals.</param>
internal sealed record PreciseOutcome(
    double AskedPercent,
    bool IsReached,
    string Reason,
    int Requests,
    string WarmUp,
    int Runs,
    IReadOnlyList<FigureInterval> Intervals
);
