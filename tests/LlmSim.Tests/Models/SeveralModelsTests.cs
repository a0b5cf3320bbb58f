using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Models;

/// <summary>Clusters whose instances serve different models.</summary>
public sealed class SeveralModelsTests
{
    private const int Clusters = 200;

    private static readonly string[] s_routing =
    [
        "lowest_load",
        "round_robin",
        "least_requests",
        "least_kv",
        "vllm_front",
        "kv_aware",
        "conductor:reject=false",
        "prefix_affinity",
    ];

    [Fact]
    public void Two_models_on_instances_of_their_own_are_two_runs()
    {
        var served = 0;
        for (var seed = 1; seed <= Clusters; seed++)
        {
            var random = new RandomStream(seed, "policies");
            string[] names =
            [
                s_routing[random.Next(s_routing.Length)],
                s_routing[random.Next(s_routing.Length - 2)],
            ];
            var (one, two) = (new RandomCluster(seed), new RandomCluster(seed + Clusters));
            // A prefix is fetched over a network, whose rates are summed up in the order of all transfers.
            var semantics = one.NewScenario().Semantics with
            {
                KvTransfer = KvTransfer.SharedLink,
            };
            if (
                semantics.OutputTokens == OutputTokens.AllFromDecode
                && two.NewScenario().Instances.Any(instance => instance.Engine is not null)
            )
            {
                continue;
            }

            Scenario Of(Scenario scenario) =>
                scenario with
                {
                    Semantics = semantics,
                    OutputPredictor = OutputPredictor.None,
                    Policies = PolicyCatalog.BuiltIn.CreateSet(names[0], "fcfs", names[1], "shortest"),
                    TtftSloSeconds = 0.5,
                };

            var (first, second) = (
                Run(Of(one.NewScenario()), one.Requests),
                Run(Of(two.NewScenario()), two.Requests)
            );
            var together = Run(
                TwoModels.Join(Of(one.NewScenario()), Of(two.NewScenario())),
                Merged(one.Requests, two.Requests)
            );

            Assert.Equal(
                first,
                together.Where(record => record.Model is null).Select((r, id) => r with { Id = id })
            );
            Assert.Equal(
                second,
                together
                    .Where(record => record.Model == TwoModels.Other)
                    .Select((r, id) => r with { Id = id, Model = null })
            );
            served += together.Count(record => record.Finish > SimTime.Zero);
        }

        Assert.True(served > 50 * Clusters);
    }

    /// <summary>What became of a request, wherever it was.</summary>
    private readonly record struct Fate(
        long Id,
        string? Model,
        SimTime Arrival,
        SimTime PrefillStart,
        SimTime PrefillFinish,
        SimTime TransferFinish,
        SimTime DecodeStart,
        SimTime Finish,
        int Evictions,
        Outcome Outcome
    );

    private static List<Fate> Run(Scenario scenario, IReadOnlyList<RequestSpec> requests)
    {
        var records = new List<RequestRecord>();
        Simulator.Run(scenario, requests, records.Add, TestContext.Current.CancellationToken);
        return
        [
            .. records
                .OrderBy(r => r.Id)
                .Select(r => new Fate(
                    r.Id,
                    r.Model,
                    r.Arrival,
                    r.PrefillStart,
                    r.PrefillFinish,
                    r.TransferFinish,
                    r.DecodeStart,
                    r.Finish,
                    r.Evictions,
                    r.Outcome
                )),
        ];
    }

    private static RequestSpec[] Merged(IReadOnlyList<RequestSpec> one, IReadOnlyList<RequestSpec> two) =>
        [
            .. one.Concat(
                    two.Select(request =>
                        request with
                        {
                            Origin = new RequestOrigin { Model = TwoModels.Other },
                        }
                    )
                )
                .OrderBy(request => request.Arrival)
                .Select((request, id) => request with { Id = id }),
        ];
}
