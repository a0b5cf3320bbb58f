using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments;

/// <summary>One simulation as it was asked for: plain values, which the result files repeat.</summary>
internal sealed partial record RunConfiguration
{
    /// <summary>Where its names are looked up; shared by any number of runs, and no part of the results.</summary>
    [JsonIgnore]
    public Catalogs Catalogs { get; init; } = Catalogs.BuiltIn;

    /// <summary>Name of a model in the catalog, or the path of a config.json.</summary>
    public string Model { get; init; } = "unsloth/Llama-3.3-70B-Instruct";

    /// <summary>Longest context that is served, in tokens of prompt and output; null for the model's own.</summary>
    public int? MaxModelLen { get; init; }

    /// <summary>The precision as it was asked for; the rest is the model's own.</summary>
    public PrecisionRequest Precision { get; init; } = new();

    /// <summary>
    /// Where the times of iterations come from: "auto" for the best that there is, "kernels", "kernels:" and a path, "calibrated",
    /// "roofline", or "measured:" and the folder of a profile. The default is "auto", and "roofline" under semantics that only the
    /// roofline reads, such as the reference's.
    /// </summary>
    [AllowNull]
    public string Performance
    {
        get => field ?? PerformanceSource.DefaultOf(Semantics);
        init;
    }

    /// <summary>How unevenly tokens meet the experts of instances that do not say it themselves; null for what the times have.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExpertSkew { get; init; }

    /// <summary>Path of the prefill cluster's file; null for the default cluster of the semantics.</summary>
    public string? PrefillConfig { get; init; }

    /// <summary>Path of the decode cluster's file; null for the default cluster of the semantics.</summary>
    public string? DecodeConfig { get; init; }

    /// <summary>
    /// Path of one file for the whole cluster, each instance with its role, in the place of <see cref="PrefillConfig" /> and
    /// <see cref="DecodeConfig" />.
    /// </summary>
    public string? Cluster { get; init; }

    /// <summary>The content of such a file, of a cluster that was made and not read; null where it is read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClusterContent { get; init; }

    /// <summary>Policy that routes arriving requests.</summary>
    public string PrefillGlobal { get; init; } = "lowest_load";

    /// <summary>Policy that orders the prefill queues.</summary>
    public string PrefillLocal { get; init; } = "fcfs";

    /// <summary>Policy that routes prefilled requests.</summary>
    public string DecodeGlobal { get; init; } = "lowest_load";

    /// <summary>Policy that orders the decode queues.</summary>
    public string DecodeLocal { get; init; } = "fcfs";

    /// <summary>Policies that say which requests are taken, joined by +; null for none: all are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AdmissionPolicy { get; init; }

    /// <summary>Policy that chooses whom to preempt; null for the rule of the instance.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Victim { get; init; }

    /// <summary>Policy that plans the iterations of engines of kind vllm; null for their own rule.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Batching { get; init; }

    /// <summary>The options of the model.</summary>
    public Semantics Semantics { get; init; } = Semantics.Standard;

    /// <summary>The request source that is a trace in whatever format it is found to have.</summary>
    public const string DetectedTrace = "trace";

    /// <summary>
    /// Where the requests come from: "conversation", "zipfian", "lognormal", "uniform", "chat" or "agent" with their values as in
    /// "chat:turns=4", the name of a trace's format or <see cref="DetectedTrace" />.
    /// </summary>
    public string RequestSource { get; init; } = "conversation";

    /// <summary>Path of the file with the classes of requests, for the source "mix"; null for one class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mix { get; init; }

    /// <summary>Path of the trace; null for a synthetic workload.</summary>
    public string? TracePath { get; init; }

    /// <summary>How the trace is read; its format is that of <see cref="RequestSource" />.</summary>
    public TraceOptions TraceOptions { get; init; } = new();

    /// <summary>Tokens of a block that the hash ids of a trace stand for, at least 1; null for the format's own.</summary>
    public int? TraceBlockSize { get; init; }

    /// <summary>Requests to simulate; null for the whole trace.</summary>
    public int? RequestCount { get; init; }

    /// <summary>Lengths and prefixes that the workload has in the place of its own; null for its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WorkloadVariation? Variation { get; init; }

    /// <summary>
    /// Requests in flight in a closed loop, at least 1; null for requests that come by <see cref="Arrivals" />, which a closed loop
    /// does not read.
    /// </summary>
    public int? Concurrency { get; init; }

    /// <summary>Uniform: longest prompt in tokens.</summary>
    public int InputLen { get; init; } = 1024;

    /// <summary>Uniform: longest output in tokens.</summary>
    public int OutputLen { get; init; } = 128;

    /// <summary>Uniform: shortest lengths as a share of the longest, above 0; 1 for fixed lengths.</summary>
    public double RangeRatio { get; init; } = 1;

    /// <summary>
    /// Arrival process: "poisson", "trace", "constant" or "gamma:cv=…". Null: <see cref="ArrivalChoice" /> says which; results
    /// have the one that was used, and null for a closed loop.
    /// </summary>
    public string? Arrivals { get; init; }

    /// <summary>Path of a table of rates over time; null for a rate that stays, or the one of <see cref="Arrivals" />.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RateProfile { get; init; }

    /// <summary>How that rate goes from row to row: linear or steps; null for linear.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RateInterpolation { get; init; }

    /// <summary>
    /// Arrivals per second, above 0; on average, where the rate changes. Null for <see cref="WorkloadOptions.DefaultLambdaArrival" /> or the
    /// profile's own mean, and in the results of a closed loop.
    /// </summary>
    public double? LambdaArrival { get; init; }

    /// <summary>Exponent of the zipfian lengths, above 0.</summary>
    public double ZipfS { get; init; } = 2;

    /// <summary>Mean of the logarithm of the lognormal lengths.</summary>
    public double LognormalMean { get; init; } = 9;

    /// <summary>Mean of the lognormal prompt lengths in tokens, in the place of <see cref="LognormalMean" />.</summary>
    public double? InputMean { get; init; }

    /// <summary>Longest synthetic prompt in tokens; null for the source's own limit.</summary>
    public int? MaxLen { get; init; }

    /// <summary>Zipfian and lognormal: mean output in tokens.</summary>
    public double OutputMean { get; init; } = 343;

    /// <summary>Zipfian and lognormal: standard deviation of the logarithm of the output.</summary>
    public double OutputSigma { get; init; } = 1;

    /// <summary>Pictures of a request: a number, or the fewest and the most as in 0-4; null for none, or one where another option of pictures is given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ImagesPerRequest { get; init; }

    /// <summary>Their sizes in pixels, as in 1024x768|512x512; null for 1024x1024.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ImageSize { get; init; }

    /// <summary>Share of the requests that have some; null for all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ImageShare { get; init; }

    /// <summary>Synthetic: adapters that requests ask for, at least 1; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Adapters { get; init; }

    /// <summary>How often each of them is asked for: "uniform" or "zipf:S"; null for uniform.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AdapterPopularity { get; init; }

    /// <summary>Synthetic: share of requests whose output has a grammar, above 0 and up to 1; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? StructuredShare { get; init; }

    /// <summary>How many grammars they have between them, at least 1; null for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? StructuredSchemas { get; init; }

    /// <summary>Synthetic: mean tokens that come before an answer, above 0; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ThinkingMean { get; init; }

    /// <summary>Deviation of the logarithm of these; null for 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ThinkingSigma { get; init; }

    /// <summary>Most of these tokens, at least 1; null for no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ThinkingBudget { get; init; }

    /// <summary>Seed of all random streams.</summary>
    public long Seed { get; init; } = 2025;

    /// <summary>TTFT SLO in seconds.</summary>
    public double TtftSloSeconds { get; init; } = 10;

    /// <summary>TPOT SLO in seconds.</summary>
    public double TpotSloSeconds { get; init; } = 0.5;

    /// <summary>First requests that the statistics leave out: a number, or a share as "10%" or "0.1".</summary>
    public string Warmup { get; init; } = "0";

    /// <summary>Last requests that the statistics leave out: a number, or a share as "10%" or "0.1".</summary>
    public string Cooldown { get; init; } = "0";

    /// <summary>In a closed loop, the time to think between two requests of a client; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ThinkTime { get; init; }

    /// <summary>How long clients wait for the first token; null for ever.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TtftPatience { get; init; }

    /// <summary>How long clients wait for the last token; null for ever.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Patience { get; init; }

    /// <summary>Retries of a request and the waits between them; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Retries { get; init; }

    /// <summary>Path of a file of faults; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Faults { get; init; }

    /// <summary>Failures at random; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Failures { get; init; }

    /// <summary>What becomes of requests whose instance fails: "keep", "restart" or "fail".</summary>
    public string LostRequests { get; init; } = "keep";

    /// <summary>Whether requests of instances that drain go to others, with their KV cache.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DrainsByMigration { get; init; }

    /// <summary>Whether something becomes of instances.</summary>
    [JsonIgnore]
    internal bool HasFleet => (Faults ?? Failures ?? Autoscale) is not null;

    /// <summary>How long an instance takes to change its role; null for the start of an engine.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SwitchTime { get; init; }

    /// <summary>How long instances take to start; null for the time to load the weights and start an engine.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StartTime { get; init; }

    /// <summary>The policy by which the number of instances follows the load; null for a fixed fleet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Autoscale { get; init; }

    /// <summary>Limits and times of autoscaling; null for the defaults.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AutoscaleLimits { get; init; }

    /// <summary>Seconds between two times at which routers hear of the instances' load, at least 0; 0 for load as it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double RouterStalenessSeconds { get; init; }

    /// <summary>Whether instances report each change of their load, which takes so long, in the place of a period.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RouterLoadIsPushed { get; init; }

    /// <summary>What policies are told about output lengths: "none", "oracle", "noisy:sigma=…", or what a policy predicts.</summary>
    public string OutputPredictor { get; init; } = "none";
}
