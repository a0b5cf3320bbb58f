using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Tests.Batching;

/// <summary>Clusters of batched instances that a test describes in a line.</summary>
internal static class EngineScenarios
{
    /// <summary>One KV byte a token; the links take no time.</summary>
    public static Scenario Cluster(
        IPerformanceModel performance,
        EngineSpec engine,
        int prefill = 0,
        int decode = 0,
        int mixed = 0
    ) => AbstractScenario.OfEngines(performance, engine, prefill, decode, mixed);

    public static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        params (double Arrival, int Input, int Output)[] requests
    ) =>
        Run(
            scenario,
            requests.Select(
                (request, id) =>
                    new RequestSpec(id, SimTime.FromSeconds(request.Arrival), request.Input, request.Output)
            )
        );

    public static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        IEnumerable<RequestSpec> requests
    )
    {
        var records = new List<RequestRecord>();
        var summary = Simulator.Run(scenario, requests, records.Add);
        return ([.. records.OrderBy(record => record.Id)], summary);
    }
}
