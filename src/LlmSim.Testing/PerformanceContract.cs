using System.Globalization;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Testing;

/// <summary>
/// What every performance model must do, tried on random batches: give times, give the same batch the same time, and mean by a
/// trend the times of its iterations. It is evidence and no proof.
/// </summary>
public static class PerformanceContract
{
    private const int Batches = 200;
    private const int LongestContext = 8192;
    private const int IterationsFollowed = 2000;

    /// <summary>How far the last iteration of a trend may be from its own time: what adding up rounds.</summary>
    private const double TrendTolerance = 1e-6;

    /// <summary>The clauses, and how each was broken; null where it holds.</summary>
    /// <param name="create">Makes a new model of the same instance.</param>
    public static IEnumerable<(string Clause, string? Failure)> Check(Func<IPerformanceModel> create)
    {
        yield return ("times are finite and more than 0", Guard(() => Times(create())));
        yield return (
            "the same batch takes the same time, in any order and from a new model",
            Guard(() => Purity(create))
        );
        yield return ("a trend is the times of its iterations", Guard(() => Trends(create())));
    }

    private static string? Guard(Func<string?> failure)
    {
        try
        {
            return failure();
        }
        catch (UserErrorException e)
        {
            return e.Message;
        }
    }

    private static string? Times(IPerformanceModel model)
    {
        foreach (var batch in Samples())
        {
            var seconds = model.Seconds(batch);
            if (!(seconds > 0 && double.IsFinite(seconds)))
            {
                return $"{Text(batch)} takes {Text(seconds)}";
            }
        }

        return null;
    }

    private static string? Purity(Func<IPerformanceModel> create)
    {
        var (one, other) = (create(), create());
        IterationBatch[] batches = [.. Samples()];
        double[] first = [.. batches.Select(batch => one.Seconds(batch))];
        for (var i = batches.Length - 1; i >= 0; i--)
        {
            foreach (var again in new[] { one.Seconds(batches[i]), other.Seconds(batches[i]) })
            {
                if (!again.Equals(first[i]))
                {
                    return $"{Text(batches[i])} takes {Text(first[i])} once and {Text(again)} another time";
                }
            }
        }

        return null;
    }

    private static string? Trends(IPerformanceModel model)
    {
        foreach (var batch in Samples().Where(batch => batch is { PrefillRequests: 0, DecodeRequests: > 0 }))
        {
            var trend = model.Trend(batch);
            if (trend.Iterations < 1)
            {
                return $"the trend of {Text(batch)} holds for {trend.Iterations} iterations";
            }

            var last = Math.Min(trend.Iterations, IterationsFollowed) - 1;
            foreach (var later in new[] { 0, Math.Min(1, last), last / 2, last })
            {
                var expected = model.Seconds(batch.After(later));
                var seconds = trend.Seconds + (later * trend.GrowthSeconds);
                if (!(Math.Abs(seconds - expected) <= TrendTolerance * Math.Abs(expected)))
                {
                    return $"iteration {later} of the trend of {Text(batch)} takes {Text(seconds)}, asked for alone {Text(expected)}";
                }
            }
        }

        return null;
    }

    /// <summary>Prompts alone, decoding requests, mixtures of both, members of a data-parallel group, and drafts to verify.</summary>
    private static IEnumerable<IterationBatch> Samples()
    {
        yield return IterationBatch.OfPrompt(1);
        yield return IterationBatch.OfPrompt(2);
        var random = new RandomStream(seed: 1, "performance contract");
        var ofDrafts = new RandomStream(seed: 1, "performance contract of drafts");
        for (var i = 0; i < Batches; i++)
        {
            var requests = 1 + random.Next(256);
            var context = 1 + random.Next(LongestContext);
            var decode = IterationBatch.OfDecode(new(requests, (long)requests * (1 + context), 1 + context));
            var chunk = IterationBatch.OfPrompt(2 + random.Next(LongestContext));
            yield return chunk;
            yield return decode;
            yield return decode with
            {
                GroupTokens = requests + random.Next(64),
            };
            // Whole tokens each, so that contexts are exact at any iteration.
            var drafts = 1 + ofDrafts.Next(7);
            yield return decode with
            {
                DraftTokens = drafts,
                AcceptedDraftTokens = requests * ofDrafts.Next(drafts + 1),
            };
            yield return chunk with
            {
                DecodeRequests = decode.DecodeRequests,
                DecodeComputedTokens = decode.DecodeComputedTokens,
                DecodeComputedTokensMin = decode.DecodeComputedTokensMin,
                DecodeComputedTokensMax = decode.DecodeComputedTokensMax,
            };
        }
    }

    private static string Text(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds} s");

    private static string Text(in IterationBatch batch) => CheckedModel.Describe(batch);
}
