using Xunit;

namespace LlmSim.Tests.Oracles;

/// <summary>Closed forms of queueing theory for a prefill stage on its own: one token out, nothing to decode.</summary>
public sealed class PrefillQueueTests
{
    private const double TokensPerSecond = 1e6;
    private static readonly Lengths s_exponential = Lengths.Exponential(TokensPerSecond);

    [Theory]
    [InlineData(0.5, 50_000)]
    [InlineData(0.7, 50_000)]
    [InlineData(0.9, 150_000)]
    public void Fixed_prefill_times_wait_as_in_MD1(double utilization, int requests)
    {
        var (estimate, halfWidth) = PrefillWait(
            1,
            utilization,
            Lengths.Fixed((int)TokensPerSecond),
            requests
        );

        // Pollaczek and Khinchine with a service time of 1 s: ρ / (2 (1 − ρ)).
        Oracle.AssertInside(utilization / (2 * (1 - utilization)), estimate, halfWidth);
    }

    [Theory]
    [InlineData(0.5, 50_000)]
    [InlineData(0.7, 100_000)]
    [InlineData(0.9, 400_000)]
    public void Exponential_prefill_times_wait_as_in_MM1(double utilization, int requests)
    {
        var (estimate, halfWidth) = PrefillWait(1, utilization, s_exponential, requests);

        // ρ / (1 − ρ).
        Oracle.AssertInside(utilization / (1 - utilization), estimate, halfWidth);
    }

    [Theory]
    [InlineData(0.5, 200_000)]
    [InlineData(0.7, 200_000)]
    [InlineData(0.9, 500_000)]
    public void Four_instances_under_lowest_load_and_fcfs_wait_as_one_central_queue(
        double utilization,
        int requests
    )
    {
        var (estimate, halfWidth) = PrefillWait(4, utilization, s_exponential, requests);

        // Placing each request where the least work is left gives one queue before four servers: C(m, a) / (m (1 − ρ)).
        var expected = Oracle.ErlangC(4, 4 * utilization) / (4 * (1 - utilization));
        Oracle.AssertInside(expected, estimate, halfWidth);
    }

    private static (double Estimate, double HalfWidth) PrefillWait(
        int instances,
        double utilization,
        Lengths prompts,
        int requests
    ) =>
        QueueingRun.Mean(
            () => Scenarios.Abstract(new ServiceTimes(1 / TokensPerSecond, 1), instances),
            replications: 60,
            requests,
            instances * utilization,
            prompts,
            Lengths.Fixed(1),
            record => record.PrefillQueueSeconds
        );
}
