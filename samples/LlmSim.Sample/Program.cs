// How many H100s at tp 4 keep the p90 of the time to first token below a second? The library alone, without the command.
// Times are the roofline's, a bound; the command, and WithBestPerformance of LlmSim.Experiments, take measured kernels where there are some.
using LlmSim;
using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;
using LlmSim.Workloads;

var workload = new List<RequestSpec>();
var random = new RandomStream(seed: 1, "workload");
for (var (id, seconds) = (0, 0.0); id < 1000; id++)
{
    seconds += random.NextExponential(rate: 4);
    var (inputTokens, outputTokens) = (500 + random.Next(8000), 50 + random.Next(500));
    workload.Add(new RequestSpec(id, SimTime.FromSeconds(seconds), inputTokens, outputTokens));
}

for (var instances = 1; instances <= 4; instances++)
{
    var h100 = new InstanceSpec { Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"), TpSize = 4 };
    var scenario = new Scenario
    {
        Model = ModelCatalog.BuiltIn.Get("unsloth/Llama-3.3-70B-Instruct"),
        PrefillInstances = [.. Enumerable.Repeat(h100, instances)],
        DecodeInstances = [h100, h100],
        Policies = PolicyCatalog.BuiltIn.CreateSet("lowest_load", "shortest", "least_kv", "fcfs"),
    };
    var summary = Simulator.Run(scenario, workload);
    var (ttft, rate) = (summary.TtftSeconds.P90, summary.OutputTokensPerSecond);
    Console.WriteLine(
        FormattableString.Invariant($"{instances} instances: TTFT p90 {ttft:F2} s, {rate:F0} tokens/s")
    );
}
