using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;

namespace LlmSim.Tests.Oracles;

/// <summary>Lengths of a test's own choice, whose first two moments are known.</summary>
/// <param name="Sample">Draws a length in tokens.</param>
/// <param name="Mean">Its expectation.</param>
/// <param name="SecondMoment">Expectation of its square.</param>
internal sealed record Lengths(Func<RandomStream, int> Sample, double Mean, double SecondMoment)
{
    public bool IsFixed => SecondMoment <= Mean * Mean;

    public static Lengths Fixed(int tokens) => new(_ => tokens, tokens, (double)tokens * tokens);

    /// <summary>Exponential: the mean is large enough for rounding to whole tokens not to matter.</summary>
    public static Lengths Exponential(double mean) =>
        new(random => Math.Max(1, (int)Math.Round(random.NextExponential(1 / mean))), mean, 2 * mean * mean);

    /// <summary>Geometric from 1.</summary>
    public static Lengths Geometric(double mean) =>
        new(
            random => 1 + (int)(Math.Log(1 - random.NextDouble()) / Math.Log(1 - (1 / mean))),
            mean,
            (2 * mean * mean) - mean
        );

    /// <summary>The same, longer by a constant.</summary>
    public Lengths Plus(int tokens) =>
        new(
            random => Sample(random) + tokens,
            Mean + tokens,
            SecondMoment + (2.0 * tokens * Mean) + ((double)tokens * tokens)
        );
}

/// <summary>Poisson arrivals and given lengths, simulated in independent replications on all cores.</summary>
internal static class QueueingRun
{
    /// <summary>
    /// The 99 % interval of the mean of <paramref name="value" />. The first tenth of each replication is left out.
    /// First and second moments of lengths and gaps are the control variates. Requests whose value is not a number do not count.
    /// </summary>
    public static (double Estimate, double HalfWidth) Mean(
        Func<Scenario> scenario,
        int replications,
        int requests,
        double arrivalsPerSecond,
        Lengths prompts,
        Lengths outputs,
        Func<RequestRecord, double> value,
        Func<RandomStream, RequestOrigin>? origins = null
    )
    {
        var batches = new (double Value, double[] Controls)[replications];
        Parallel.For(
            0,
            replications,
            replication =>
                batches[replication] = Replicate(
                    scenario() with
                    {
                        Seed = replication,
                    },
                    seed: replication,
                    requests,
                    arrivalsPerSecond,
                    prompts,
                    outputs,
                    value,
                    origins
                )
        );
        var means = new BatchMeans();
        foreach (var (batchValue, controls) in batches)
        {
            means.Add(batchValue, controls);
        }

        return means.Interval();
    }

    private static (double Value, double[] Controls) Replicate(
        Scenario scenario,
        int seed,
        int requests,
        double arrivalsPerSecond,
        Lengths prompts,
        Lengths outputs,
        Func<RequestRecord, double> value,
        Func<RandomStream, RequestOrigin>? origins
    )
    {
        var warmUp = requests / 10;
        var (sum, count) = (0.0, 0);
        var promptMoments = new Moments();
        var outputMoments = new Moments();
        var gapMoments = new Moments();
        var recorder = Recorders.For(scenario, Count);
        new Cluster(scenario, Workload(), recorder, maxIterationsPerEvent: 4096).Run(CancellationToken.None);

        var gaps = Lengths.Exponential(1 / arrivalsPerSecond);
        double[] controls =
        [
            .. gapMoments.Deviations(gaps),
            .. promptMoments.Deviations(prompts),
            .. outputMoments.Deviations(outputs),
        ];
        return (sum / count, controls);

        void Count(RequestRecord record)
        {
            var one = record.Id < warmUp ? double.NaN : value(record);
            (sum, count) = double.IsNaN(one) ? (sum, count) : (sum + one, count + 1);
        }

        IEnumerable<RequestSpec> Workload()
        {
            var arrivals = new RandomStream(seed, "arrivals");
            var promptStream = new RandomStream(seed, "prompts");
            var outputStream = new RandomStream(seed, "outputs");
            var originStream = new RandomStream(seed, "origins");
            var seconds = 0.0;
            for (var id = 0; id < requests; id++)
            {
                var gap = arrivals.NextExponential(arrivalsPerSecond);
                var prompt = prompts.Sample(promptStream);
                var output = outputs.Sample(outputStream);
                if (id >= warmUp)
                {
                    gapMoments.Add(gap);
                    promptMoments.Add(prompt);
                    outputMoments.Add(output);
                }

                seconds += gap;
                yield return new RequestSpec(id, SimTime.FromSeconds(seconds), prompt, output)
                {
                    Origin = origins?.Invoke(originStream),
                };
            }
        }
    }

    private sealed class Moments
    {
        private long _count;
        private double _sum;
        private double _squares;

        public void Add(double value)
        {
            _count++;
            _sum += value;
            _squares += value * value;
        }

        /// <summary>How far both moments are off, relative to what is expected; nothing for a constant.</summary>
        public IEnumerable<double> Deviations(Lengths expected) =>
            expected.IsFixed
                ? []
                : [(_sum / _count / expected.Mean) - 1, (_squares / _count / expected.SecondMoment) - 1];
    }
}
