using System.Text.Json.Serialization;
using LlmSim.Experiments.Costs;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Steady;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Results;

/// <summary>A simulation and what came of it.</summary>
/// <param name="Version">Version of the simulator.</param>
/// <param name="Configuration">What was asked for.</param>
/// <param name="PrefillInstances">The prefill cluster.</param>
/// <param name="DecodeInstances">The decode cluster.</param>
/// <param name="Summary">The figures.</param>
/// <param name="RequestsFile">In a sweep: name of the file of its per-request results; null for none.</param>
internal sealed record RunResult(
    string Version,
    RunConfiguration Configuration,
    IReadOnlyList<InstanceSpec> PrefillInstances,
    IReadOnlyList<InstanceSpec> DecodeInstances,
    RunSummary Summary,
    string? RequestsFile = null
)
{
    /// <summary>In a sweep: name of the file of its queue samples; null for none.</summary>
    public string? QueueStatesFile { get; init; }

    /// <summary>In a sweep: name of the file of its memory samples; null for none.</summary>
    public string? MemoryUsageFile { get; init; }

    /// <summary>The instances that prefill and decode.</summary>
    public IReadOnlyList<InstanceSpec> MixedInstances { get; init; } = [];

    /// <summary>The instances that only encode pictures; null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<InstanceSpec>? EncodeInstances { get; init; }

    /// <summary>The precision that was simulated, and where it comes from, in words.</summary>
    public required string Precision { get; init; }

    /// <summary>What its times rest on, and how far such predictions were found to be off.</summary>
    public required Prediction Prediction { get; init; }

    /// <summary>Predicted means with the ranges in which such figures were measured; empty where no errors are known.</summary>
    public IReadOnlyList<PredictedRange> Ranges => Prediction.RangesOf(Summary);

    /// <summary>What the model's config.json says that is not simulated.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>What was read of the trace; null without one.</summary>
    public TraceFacts? Trace { get; init; }

    /// <summary>Why requests arrive as they do, where a trace left it open; else null.</summary>
    public string? ArrivalsReason { get; init; }

    /// <summary>The figures of single requests with their 95 % intervals; null where they were not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FigureInterval>? Intervals { get; init; }

    /// <summary>How the length of the run was found; null where it was given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PreciseOutcome? Precise { get; init; }

    /// <summary>What it costs; null where nobody asks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunCosts? Costs { get; init; }

    /// <summary>How it compares with each limit that was set; null where none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Requirement>? Requirements { get; init; }

    /// <summary>The limits that it does not keep.</summary>
    internal IEnumerable<Requirement> Unmet => (Requirements ?? []).Where(requirement => !requirement.IsMet);

    /// <summary>The result with its costs, and beside limits.</summary>
    internal RunResult Judged(CostOptions costs, SloTerms required) =>
        this with
        {
            Costs = RunCosts.Of(
                [
                    .. PrefillInstances.Select(spec => new StagedSpec("prefill", spec)),
                    .. DecodeInstances.Select(spec => new StagedSpec("decode", spec)),
                    .. MixedInstances.Select(spec => new StagedSpec("mixed", spec)),
                    .. (EncodeInstances ?? []).Select(spec => new StagedSpec("encode", spec)),
                ],
                Summary,
                costs
            ),
            Requirements = required.Terms.Count == 0 ? null : required.Check(Summary),
        };

    /// <summary>What a second pass over the records has compared, in words; null without one.</summary>
    internal string? Verification { get; init; }

    /// <summary>How many trace events were written where, in words; null for none.</summary>
    internal string? TraceEvents { get; init; }
}
