using System.Globalization;

namespace LlmSim.Performance;

/// <summary>A performance model of a user's own, whose answers are checked before the simulation rests on them.</summary>
/// <param name="name">What messages call it.</param>
/// <param name="model">The model.</param>
internal sealed class CheckedModel(string name, IPerformanceModel model) : IPerformanceModel
{
    private readonly string _who = $"performance model {name}";

    /// <summary>The model that is checked.</summary>
    public IPerformanceModel Model => model;

    /// <inheritdoc />
    /// <exception cref="UserErrorException">The model throws, or gives what is no time.</exception>
    public double Seconds(in IterationBatch batch)
    {
        double seconds;
        try
        {
            using var call = AuthorsCall.Enter(
                _who,
                "asked for the seconds of a batch of {1} tokens",
                number: batch.Tokens
            );
            seconds = model.Seconds(batch);
        }
        catch (Exception e) when (e is not UserErrorException)
        {
            throw Error(batch, AuthorsFailure.Describe(model.GetType(), e), e);
        }

        return IsTime(seconds) ? seconds : throw Error(batch, $"Seconds gave {Text(seconds)}");
    }

    /// <inheritdoc />
    /// <exception cref="UserErrorException">The model throws, or gives what is no time.</exception>
    public DecodeTrend Trend(in IterationBatch batch)
    {
        DecodeTrend trend;
        try
        {
            using var call = AuthorsCall.Enter(
                _who,
                "asked for the trend of a batch of {1} tokens",
                number: batch.Tokens
            );
            trend = model.Trend(batch);
        }
        catch (Exception e) when (e is not UserErrorException)
        {
            throw Error(batch, AuthorsFailure.Describe(model.GetType(), e), e);
        }

        if (trend.Iterations < 1)
        {
            throw Error(
                batch,
                $"Trend holds for {trend.Iterations} iterations; at least 1 is allowed, for times"
            );
        }

        var last = trend.Seconds + ((trend.Iterations - 1) * trend.GrowthSeconds);
        return !IsTime(trend.Seconds) ? throw Error(batch, $"Trend gave {Text(trend.Seconds)}")
            : IsTime(last) ? trend
            : throw Error(
                batch,
                $"Trend gave {Text(trend.Seconds)}, growing by {Text(trend.GrowthSeconds)} over {trend.Iterations} iterations: the last takes {Text(last)}"
            );
    }

    /// <summary>The fields of a batch that say something, by their names.</summary>
    public static string Describe(in IterationBatch batch)
    {
        (string Name, long Value)[] fields =
        [
            (nameof(batch.PrefillRequests), batch.PrefillRequests),
            (nameof(batch.PrefillTokens), batch.PrefillTokens),
            (nameof(batch.PrefillComputedTokens), batch.PrefillComputedTokens),
            (nameof(batch.PrefillAttentionPairs), batch.PrefillAttentionPairs),
            (nameof(batch.DecodeRequests), batch.DecodeRequests),
            (nameof(batch.DecodeComputedTokens), batch.DecodeComputedTokens),
            (nameof(batch.DecodeComputedTokensMin), batch.DecodeComputedTokensMin),
            (nameof(batch.DecodeComputedTokensMax), batch.DecodeComputedTokensMax),
            (nameof(batch.GroupTokens), batch.GroupTokens),
            (nameof(batch.DraftTokens), batch.DraftTokens),
        ];
        var known = fields.Where(field => field.Value != 0).Select(field => $"{field.Name} {field.Value}");
        return $"a batch of {string.Join(", ", known)}";
    }

    private static bool IsTime(double seconds) => seconds >= 0 && double.IsFinite(seconds);

    private static string Text(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds} s");

    private UserErrorException Error(in IterationBatch batch, string found, Exception? cause = null)
    {
        var message =
            $"{_who}: for {Describe(batch)}, {found}"
            + (cause is null ? "; finite numbers from 0 are allowed" : "");
        return cause is null ? new(message) : new(message, cause);
    }
}
