using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Measured;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Validation;

/// <summary>What to simulate a recorded run with; what is null is found or as the engine has it.</summary>
internal sealed record RecordedRunOptions
{
    /// <summary>Folder of the measured profile; null to look for <c>profiles/HARDWARE/MODEL</c> beside and above the run.</summary>
    public string? ProfileFolder { get; init; }

    /// <summary>
    /// The workload with the content of the prompts (hash_ids); null to look beside and above the run for one of the same
    /// lengths, and to do without prefix caching when there is none.
    /// </summary>
    public string? WorkloadPath { get; init; }

    /// <summary>Whether iterations are planned ahead, as vLLM does since 0.14.</summary>
    public bool AsyncScheduling { get; init; } = true;

    /// <summary>
    /// Seconds that an iteration with a part of a prompt takes beside the computation. It belongs to the host: docs/validation.md
    /// has what was found.
    /// </summary>
    public double PrefillIterationSeconds { get; init; }

    /// <summary>Models and accelerators by name.</summary>
    public Catalogs Catalogs { get; init; } = Catalogs.BuiltIn;
}

/// <summary>A recorded run as a scenario and its workload.</summary>
internal sealed class RecordedScenario
{
    private const int BlockTokens = 16;

    private RecordedScenario(
        Scenario scenario,
        RequestSpec[] requests,
        string? workloadPath,
        string profile
    ) => (Scenario, Requests, WorkloadPath, ProfileName) = (scenario, requests, workloadPath, profile);

    public Scenario Scenario { get; }
    public RequestSpec[] Requests { get; }

    /// <summary>Where the content of the prompts comes from; null when it is not known.</summary>
    public string? WorkloadPath { get; }

    public string ProfileName { get; }

    /// <summary>Makes the scenario of a run.</summary>
    /// <exception cref="UserErrorException">A file is missing or wrong, or the model is unknown.</exception>
    public static RecordedScenario Of(RecordedRun run, string folder, RecordedRunOptions options)
    {
        var model = ModelSource.Load(run.ModelId, options.Catalogs.Models);
        var profile = ProfileFolder.Load(options.ProfileFolder ?? FindProfile(run, folder));
        var workloadPath = options.WorkloadPath ?? RecordedWorkload.Find(run, folder);
        var requests = RecordedWorkload.Requests(run, workloadPath, BlockTokens);
        var precision = new Precision();
        var scenario = new Scenario
        {
            Model = model,
            Precision = precision,
            PrefillInstances = [],
            DecodeInstances = [],
            MixedInstances =
            [
                .. run.Instances.Select(instance => Instance(run, instance, workloadPath, options)),
            ],
            Policies = options.Catalogs.Policies.CreateSet("vllm_front", "fcfs", "lowest_load", "fcfs"),
            PerformanceModelFactory = instance => new MeasuredModel(profile, model, precision, instance),
        };
        return new RecordedScenario(scenario, requests, workloadPath, profile.SourceName);
    }

    private static InstanceSpec Instance(
        RecordedRun run,
        RecordedInstance instance,
        string? workloadPath,
        RecordedRunOptions options
    ) =>
        new()
        {
            Hardware = Hardware(run, instance, options.Catalogs.Hardware),
            TpSize = instance.TpSize,
            ExpertParallel = instance.ExpertParallel,
            LinkBytesPerSecond = run.LinkBytesPerSecond,
            LinkLatencySeconds = run.LinkLatencySeconds,
            MemoryUtilization = instance.MemoryUtilization,
            // The runs state the memory that weights and KV cache share.
            ActivationBytes = 0,
            Engine = new EngineSpec
            {
                MaxBatchedTokens = run.Engine.MaxBatchedTokens,
                MaxSequences = run.Engine.MaxSequences,
                BlockTokens = BlockTokens,
                PrefixCaching = workloadPath is not null,
                AsyncScheduling = options.AsyncScheduling,
                PrefillIterationSeconds = options.PrefillIterationSeconds,
                DataParallelGroup = instance.DataParallelGroup,
            },
        };

    /// <summary>
    /// The accelerator under the run's own name. Times are measured ones: what is asked of it beside memory and its bandwidth, which
    /// are the run's, is how its multiprocessors share attention.
    /// </summary>
    private static HardwareDescription Hardware(
        RecordedRun run,
        RecordedInstance instance,
        HardwareCatalog catalog
    )
    {
        var known = catalog.All.FirstOrDefault(hardware => ProfileMatch.IsOf(instance.Hardware, hardware));
        return new()
        {
            Name = instance.Hardware,
            MemoryBytes = instance.MemoryBytes,
            MemoryBytesPerSecond = instance.MemoryBytesPerSecond,
            Multiprocessors = known?.Multiprocessors,
            UndividedKeysPerSecond = known?.UndividedKeysPerSecond,
            Fp16OpsPerSecond = double.NaN,
            Int8OpsPerSecond = double.NaN,
            OnChipBufferBytes = double.NaN,
            LinkBytesPerSecond = run.LinkBytesPerSecond,
            LinkLatencySeconds = run.LinkLatencySeconds,
            Source = $"deployment.json of {run.Name}",
        };
    }

    private static string FindProfile(RecordedRun run, string folder)
    {
        var relative = Path.Combine("profiles", run.Instances[0].Hardware, run.ModelId);
        return RecordedWorkload
                .FoldersAround(folder)
                .Select(around => Path.Combine(around, relative))
                .FirstOrDefault(Directory.Exists)
            ?? throw new UserErrorException(
                $"{folder}: there is no {relative} beside it or above; say with --profile where the measurements are"
            );
    }
}
