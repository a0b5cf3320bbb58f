using LlmSim.Experiments.Planning;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;
using LlmSim.Tests.Oracles;
using Xunit;

namespace LlmSim.Tests.Planning;

/// <summary>The number of servers that queueing theory says: prompts of exponential or fixed times, one token out.</summary>
public sealed class PlanSizingTests
{
    private const double TokensPerSecond = 1e6;
    private const int Requests = 20_000;

    /// <summary>A second is the mean service.</summary>
    private static readonly ServiceTimes s_times = new(1 / TokensPerSecond, 1);

    [Fact]
    public void The_least_servers_of_exponential_services_are_those_of_Erlang() =>
        AssertSizes(
            Lengths.Exponential(TokensPerSecond),
            (servers, load) => Oracle.ErlangC(servers, load) / (servers - load)
        );

    [Fact]
    public void The_least_servers_of_fixed_services_are_those_of_MDc() =>
        AssertSizes(Lengths.Fixed((int)TokensPerSecond), DeterministicWait);

    /// <summary>Random loads, each with a limit half-way, in logarithms, between the waits of so many servers and of one fewer.</summary>
    private static void AssertSizes(Lengths services, Func<int, double, double> wait)
    {
        var random = new Random(7);
        for (var run = 0; run < RandomRuns.Count(3); run++)
        {
            var load = 0.8 + (random.NextDouble() * 6);
            var servers = (int)Math.Ceiling(load) + random.Next(1, 3);
            var limit =
                servers - 1 > load
                    ? Math.Sqrt(wait(servers, load) * wait(servers - 1, load))
                    : 2 * wait(servers, load);

            var answer = Answer(load, limit, services);

            Assert.Equal(servers, answer.Rows[0].Candidate.Size.Mixed);
        }
    }

    private static PlanAnswer Answer(double load, double limitSeconds, Lengths services)
    {
        var question = PlanCases.Question([
            PlanCases.Shape("NVIDIA_H100_SXM", 1, isDisaggregated: false),
        ]) with
        {
            Slos =
            [
                new SloTerm(
                    SloFigure.Find("prefill_queue_mean")!,
                    SloComparison.Below,
                    (decimal)limitSeconds
                ),
            ],
        };
        return new Planner(
            question,
            PlanCases.NoBound with
            {
                RequestsPerSecond = load,
            },
            probes => [.. probes.Select(probe => Judge(question, probe, load, services))]
        ).Answer();
    }

    private static Judgement Judge(PlanQuestion question, Probe probe, double load, Lengths services)
    {
        if (probe.Level == ProbeLevel.Idle)
        {
            return PlanCases.Judged(question, probe, holds: true);
        }

        var servers = probe.Candidate.Size.Mixed;
        if (servers <= load)
        {
            return PlanCases.Judged(question, probe, holds: false);
        }

        var (mean, halfWidth) = QueueingRun.Mean(
            () => Scenarios.Abstract(s_times, servers),
            replications: probe.Level == ProbeLevel.Full ? 12 : 6,
            Requests,
            load,
            services,
            Lengths.Fixed(1),
            record => record.PrefillQueueSeconds
        );
        var estimate = new MeanEstimate(2, mean, halfWidth, halfWidth);
        return new(
            probe,
            [],
            [new TermJudgement(question.Slos[0], estimate, UpperRatio: null)],
            failure: null
        );
    }

    /// <summary>
    /// Mean wait with c servers of one second: what is there after a second is what was beyond the c in service, and what came
    /// (Crommelin, 1932), so its distribution is a fixed point.
    /// </summary>
    private static double DeterministicWait(int servers, double load)
    {
        const int Most = 160;
        var arrivals = new double[Most];
        arrivals[0] = Math.Exp(-load);
        for (var i = 1; i < Most; i++)
        {
            arrivals[i] = arrivals[i - 1] * load / i;
        }

        var there = new double[Most];
        there[0] = 1;
        for (var step = 0; step < 600; step++)
        {
            var next = new double[Most];
            for (var n = 0; n < Most; n++)
            {
                var left = Math.Max(0, n - servers);
                for (var k = 0; k + left < Most && there[n] > 1e-15; k++)
                {
                    next[k + left] += there[n] * arrivals[k];
                }
            }

            there = next;
        }

        return there.Select((probability, n) => probability * Math.Max(0, n - servers)).Sum() / load;
    }
}
