using LlmSim.Policies;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>The index of estimated work against a scan over all instances, at every decision.</summary>
public sealed class WorkIndexTests
{
    private const int Scenarios = 200;

    [Theory]
    [InlineData("standard", 1)]
    [InlineData("standard", 4096)]
    [InlineData("reference", 4096)]
    public void It_finds_what_a_scan_finds(string preset, int maxIterationsPerEvent)
    {
        var semantics = preset == "standard" ? Semantics.Standard : Semantics.Reference;
        var decisions = 0;
        for (var seed = 0; seed < Scenarios; seed++)
        {
            var random = new RandomScenario(seed, semantics);
            var scenario = random.NewScenario();
            var (prefill, decode) = (new BothWaysPolicy(), new BothWaysPolicy());
            scenario = scenario with
            {
                PrefillInstances = [.. Enumerable.Repeat(scenario.PrefillInstances[0], 1 + (seed % 7))],
                DecodeInstances = [.. Enumerable.Repeat(scenario.DecodeInstances[0], 1 + (seed % 11))],
                Policies = scenario.Policies with { PrefillGlobal = prefill, DecodeGlobal = decode },
            };
            new Cluster(scenario, random.Requests, Recorders.For(scenario), maxIterationsPerEvent).Run(
                CancellationToken.None
            );
            Assert.All([prefill, decode], policy => Assert.Equal([], policy.Differences));
            decisions += decode.Decisions;
        }

        Assert.True(decisions > 5000, $"only {decisions} decisions");
    }

    /// <summary>lowest_load, which also scans.</summary>
    private sealed class BothWaysPolicy : IGlobalPolicy
    {
        public int Decisions { get; private set; }

        public List<string> Differences { get; } = [];

        private static double Work(in InstanceView instance, in RequestView request) =>
            instance.EstimatedWork(request);

        public int Choose(in GlobalContext context)
        {
            Decisions++;
            var found = context.LeastEstimatedWork();
            var request = context.Request;
            var least = 0;
            for (var i = 1; i < context.Instances.Count; i++)
            {
                var isLess = Work(context.Instances[i], request) < Work(context.Instances[least], request);
                least = isLess ? i : least;
            }

            if (found != least)
            {
                Differences.Add($"request {request.Id} at {context.Now}: {found} where a scan finds {least}");
            }

            return found;
        }
    }
}
