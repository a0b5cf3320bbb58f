using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Oracles;

/// <summary>
/// Theorem 4.4 of Sheng et al., "Fairness in serving large language models", OSDI 2024: while two tenants are both backlogged, the services that they
/// get in any interval differ by 2 max(w_p L, w_q M) at most; L is the longest prompt and M the most tokens of a running batch.
/// </summary>
public sealed class VtcBoundTests
{
    private const int Runs = 1000;
    private const double PromptWeight = 1;
    private const double OutputWeight = 2;
    private const int LongestPrompt = 150;

    [Fact]
    public void The_bound_holds_under_vtc_and_not_under_fcfs()
    {
        var (reached, violations) = (0.0, 0);
        for (var seed = 0; seed < Runs; seed++)
        {
            var share = LargestDifference("vtc", seed);
            Assert.True(share <= 1, $"seed {seed}: the difference is {share} times the bound");
            reached = Math.Max(reached, share);
            // Some of them tell enough of what is not fair.
            violations += seed % 5 == 0 && LargestDifference("fcfs", seed) > 1 ? 1 : 0;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest {reached} of the bound; fcfs {violations}");
        // The runs come near enough to the bound to tell, and are hard enough.
        Assert.True(reached > 0.2, $"{reached}");
        Assert.True(violations > 5, $"{violations}");
    }

    /// <summary>The largest difference of two services over any interval in which both tenants wait, as a share of the bound.</summary>
    private static double LargestDifference(string policy, int seed)
    {
        var random = new RandomStream(seed, "vtc");
        // Nobody is preempted, so that nothing is served twice.
        var engine = new EngineSpec
        {
            Kind = EngineKind.TensorRtLlm,
            BlockTokens = 10,
            KvBlocks = 30 + random.Next(30),
            MaxSequences = 4 + random.Next(20),
            MaxBatchedTokens = 8192,
            AsyncScheduling = false,
            PrefixCaching = false,
        };
        var scenario = AbstractScenario.OfEngines(new IterationTimesModel(0.01, 1e-4), engine, mixed: 1);
        scenario = scenario with
        {
            Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", policy, "round_robin", "fcfs"),
        };
        var requests = Requests(random);
        var records = new List<RequestRecord>();
        var (begins, ends) = (new List<SimTime>(), new List<SimTime>());
        var sampling = new SamplingPlan(_ => { })
        {
            OnIteration = iteration =>
            {
                begins.Add(iteration.Start);
                ends.Add(iteration.End);
            },
        };
        Simulator.Watch(scenario, requests, records.Add, sampling: sampling);
        Assert.Equal(requests.Length, records.Count);

        var tenants = records
            .GroupBy(record => record.Origin!.Tenant)
            .Select(group => group.ToArray())
            .ToArray();
        var services = Array.ConvertAll(tenants, tenant => Services(tenant, begins, ends));
        var waits = Array.ConvertAll(tenants, tenant => Waits(tenant, begins));
        var bound =
            2
            * Math.Max(
                PromptWeight * LongestPrompt,
                OutputWeight * engine.KvBlocks.Value * engine.BlockTokens
            );
        var largest = 0.0;
        for (var one = 0; one < tenants.Length; one++)
        {
            for (var other = 0; other < one; other++)
            {
                var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
                for (var i = 0; i < begins.Count; i++)
                {
                    if (!waits[one][i] || !waits[other][i])
                    {
                        (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
                        continue;
                    }

                    var difference = services[one][i] - services[other][i];
                    (least, most) = (Math.Min(least, difference), Math.Max(most, difference));
                    largest = Math.Max(largest, most - least);
                }
            }
        }

        return largest / bound;
    }

    /// <summary>A few tenants, each with a burst of requests of its own kind and some more later.</summary>
    private static RequestSpec[] Requests(RandomStream random)
    {
        var requests = new List<RequestSpec>();
        var tenants = 2 + random.Next(3);
        for (var tenant = 0; tenant < tenants; tenant++)
        {
            var origin = new RequestOrigin { Tenant = $"{tenant}" };
            var (prompt, output) = (1 + random.Next(LongestPrompt), 1 + random.Next(60));
            var begin = random.NextDouble();
            var gap = 0.2 * random.NextDouble();
            var count = 10 + random.Next(30);
            for (var i = 0; i < count; i++)
            {
                requests.Add(
                    new RequestSpec(
                        0,
                        SimTime.FromSeconds(begin + (i * gap * random.NextDouble())),
                        1 + random.Next(prompt),
                        1 + random.Next(output)
                    )
                    {
                        Origin = origin,
                    }
                );
            }
        }

        return
        [
            .. requests.OrderBy(request => request.Arrival).Select((request, id) => request with { Id = id }),
        ];
    }

    /// <summary>What a tenant was served by the beginning of each iteration: prompts as they are taken, tokens as they come.</summary>
    private static double[] Services(RequestRecord[] requests, List<SimTime> begins, List<SimTime> ends)
    {
        var services = new double[begins.Count];
        foreach (var request in requests)
        {
            var tokens = 0;
            for (var i = 0; i < begins.Count; i++)
            {
                if (i > 0 && ends[i - 1] >= request.PrefillFinish && ends[i - 1] <= request.Finish)
                {
                    tokens++;
                }

                var prompt = request.PrefillStart <= begins[i] ? request.TraceInputTokens : 0;
                services[i] += (PromptWeight * prompt) + (OutputWeight * tokens);
            }

            tokens += ends[^1] == request.Finish ? 1 : 0;
            Assert.Equal(request.TraceOutputTokens, tokens);
        }

        return services;
    }

    /// <summary>Whether a tenant has a request in the queue when the iteration begins, after the engine has taken from it.</summary>
    private static bool[] Waits(RequestRecord[] requests, List<SimTime> begins) =>
        [
            .. begins.Select(begin =>
                Array.Exists(requests, request => request.TakenIn <= begin && request.PrefillStart > begin)
            ),
        ];
}
