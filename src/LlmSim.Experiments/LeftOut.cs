using System.Globalization;
using LlmSim.Metrics;
using LlmSim.Workloads;

namespace LlmSim.Experiments;

/// <summary>Requests at one end of a run that its statistics leave out: so many, or a share of all.</summary>
/// <param name="Requests">How many; 0 where a share is given.</param>
/// <param name="Share">Share of all, from 0 to 1.</param>
internal readonly record struct LeftOut(long Requests, double Share)
{
    /// <summary>A warm-up that is found from the run.</summary>
    public const string Auto = "auto";

    /// <summary>Reads <c>100</c>, <c>0.1</c> or <c>10%</c>.</summary>
    /// <exception cref="UserErrorException">It is none of these.</exception>
    public static LeftOut Parse(string option, string text)
    {
        var isPercent = text.EndsWith('%');
        if (
            double.TryParse(
                isPercent ? text[..^1] : text,
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var value
            )
        )
        {
            var share = isPercent ? value / 100 : value;
            if (share < 1)
            {
                return new LeftOut(0, share);
            }

            // 1.0 may be meant as a share of all: it is no number of requests.
            if (!isPercent && !text.Contains('.') && value <= int.MaxValue)
            {
                return new LeftOut((long)value, 0);
            }
        }

        throw new UserErrorException(
            $"{option}: found '{text}'; allowed: a number of requests, or a share of them as 10% or 0.1, below 100%{(option == "warmup" ? $"; or {Auto}" : "")}"
        );
    }

    /// <summary>Fails when what a configuration leaves out is written wrongly.</summary>
    public static void RequireValid(RunConfiguration configuration)
    {
        _ = ParseWarmUp(configuration);
        _ = Parse("cooldown", configuration.Cooldown);
    }

    /// <summary>The requests that the statistics of a configuration are about.</summary>
    /// <param name="configuration">Says what is left out.</param>
    /// <param name="workload">The requests; they are only counted where that is needed.</param>
    /// <param name="findWarmUp">Simulates all of them and says how many are of the warm-up; called where that is to be found.</param>
    /// <exception cref="UserErrorException">Nothing is left.</exception>
    public static RequestWindow Window(
        RunConfiguration configuration,
        IEnumerable<RequestSpec> workload,
        Func<int> findWarmUp
    )
    {
        var warmup = ParseWarmUp(configuration) ?? new LeftOut(findWarmUp(), 0);
        var cooldown = Parse("cooldown", configuration.Cooldown);
        if (warmup.Share == 0 && cooldown == default)
        {
            return RequestWindow.All with { First = warmup.Requests };
        }

        var total = workload.LongCount();
        var (first, end) = (warmup.Of(total), total - cooldown.Of(total));
        return first < end
            ? new RequestWindow(first, end)
            : throw new UserErrorException(
                $"warmup {configuration.Warmup} and cooldown {configuration.Cooldown} leave none of the {total} requests for the statistics"
            );
    }

    private static LeftOut? ParseWarmUp(RunConfiguration configuration) =>
        configuration.Warmup == Auto ? null : Parse("warmup", configuration.Warmup);

    /// <summary>How many of so many.</summary>
    private long Of(long total) => Requests + (long)Math.Round(Share * total);
}
