using Xunit;

namespace LlmSim.Tests.Oracles;

/// <summary>
/// Both stages in tandem. Departures of an M/M/1 queue are Poisson and do not depend on what follows (Burke, 1956), so
/// the decode stage is a queue with Poisson arrivals of its own.
/// </summary>
public sealed class TandemTests
{
    private const double TokensPerSecond = 1e6;
    private const double MeanIterations = 5;
    private const double IterationSeconds = 1 / MeanIterations;

    [Theory]
    [InlineData(0.5, 100_000)]
    [InlineData(0.7, 100_000)]
    [InlineData(0.9, 400_000)]
    public void A_decode_instance_with_memory_for_one_request_waits_as_in_MG1(
        double utilization,
        int requests
    )
    {
        // Prompts of 60 M tokens and more in a memory of 100 M: two never fit together.
        const int FreeTokens = 60_000_000;
        var times = new ServiceTimes(1 / TokensPerSecond, IterationSeconds, FreeTokens);
        var iterations = Lengths.Geometric(MeanIterations);
        var (estimate, halfWidth) = QueueingRun.Mean(
            () =>
                Scenarios.Abstract(times) with
                {
                    DecodeInstances = Scenarios
                        .Abstract(times, kvCapacityTokens: 100_000_000)
                        .DecodeInstances,
                },
            replications: 60,
            requests,
            utilization,
            Lengths.Exponential(TokensPerSecond).Plus(FreeTokens),
            // The prefill yields one token more.
            iterations.Plus(1),
            record => double.IsNaN(record.DecodeQueueSeconds) ? 0 : record.DecodeQueueSeconds
        );

        // Pollaczek and Khinchine with a mean service of 1 s: λ E[S²] / (2 (1 − ρ)).
        var secondMoment = IterationSeconds * IterationSeconds * iterations.SecondMoment;
        Oracle.AssertInside(utilization * secondMoment / (2 * (1 - utilization)), estimate, halfWidth);
    }
}
