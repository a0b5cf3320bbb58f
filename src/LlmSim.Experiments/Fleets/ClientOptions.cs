using System.Globalization;
using LlmSim.Clients;

namespace LlmSim.Experiments.Fleets;

/// <summary>What clients do, from the options.</summary>
internal static class ClientOptions
{
    internal const string RetriesForm =
        "a number of retries such as 3, or count=3,backoff=1,factor=2,most=60,jitter=0.5";

    private static readonly FigureRange s_count = new(0, 1000);
    private static readonly FigureRange s_factor = new(1, 100);

    /// <summary>The clients of a run.</summary>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static ClientBehavior Of(RunConfiguration configuration) =>
        configuration is { ThinkTime: not null, Concurrency: null }
            ? throw new UserErrorException(
                "think_time: is of a closed loop, and arrivals do not wait for clients; allowed with concurrency"
            )
            : Parse(configuration);

    /// <summary>What the options say, each by itself.</summary>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static ClientBehavior Parse(RunConfiguration configuration)
    {
        var retries = NamedValues.ParseAll(
            "retries",
            IsNumber(configuration.Retries)
                ? $"count={configuration.Retries}"
                : configuration.Retries ?? "count=0",
            ["count", "backoff", "factor", "most", "jitter"],
            RetriesForm
        );
        return new ClientBehavior
        {
            ThinkTime = Duration("think_time", configuration.ThinkTime),
            TtftPatience = Duration("ttft_patience", configuration.TtftPatience),
            TotalPatience = Duration("patience", configuration.Patience),
            MaxRetries = retries.Whole("count", s_count),
            BackoffSeconds = retries.Number("backoff", FigureRanges.Seconds, 1),
            BackoffFactor = retries.Number("factor", s_factor, 2),
            MaxBackoffSeconds = retries.Number("most", FigureRanges.Seconds, 60),
            BackoffJitter = retries.Number("jitter", FigureRanges.Share, 0.5),
        };
    }

    private static bool IsNumber(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static Durations? Duration(string option, string? text) =>
        text is null ? null : Durations.Parse(option, text);
}
