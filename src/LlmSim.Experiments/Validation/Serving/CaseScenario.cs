using LlmSim.Experiments.Performance;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>A measured deployment as a scenario.</summary>
internal static class CaseScenario
{
    /// <summary>The scenario, without its workload.</summary>
    /// <exception cref="NotExpressibleException">The simulator has no words for the deployment.</exception>
    public static Scenario Of(ServingDeployment deployment, CaseContext context) =>
        Make(deployment, context).Scenario;

    /// <summary>What is predicted of a deployment.</summary>
    public static PredictionSubject Subject(ServingDeployment deployment, CaseContext context)
    {
        var (scenario, choose) = Make(deployment, context);
        return PredictionSubject.Of(scenario, scenario.Instances.Distinct().Select(choose)) with
        {
            Engines = [$"{deployment.Engine} {deployment.EngineVersion}".TrimEnd()],
        };
    }

    private static (Scenario Scenario, Func<InstanceSpec, PerformanceChoice> Choose) Make(
        ServingDeployment deployment,
        CaseContext context
    )
    {
        if (deployment is { PipelineParallel: > 1 } and not { Mixed.AttentionDp: 1, Speculation: null })
        {
            throw new NotExpressibleException(
                "pipeline stages of a group, with drafts, or of one side",
                $"pipeline parallelism {deployment.PipelineParallel}"
            );
        }

        var model = RowNames.Model(deployment.Model, context.Catalogs.Models);
        var hardware = RowNames.Hardware(deployment.System, context.Catalogs.Hardware);
        var configuration = new RunConfiguration
        {
            Catalogs = context.Catalogs,
            Performance = context.Performance,
            Precision = RowNames.Precision(deployment),
        };
        var precision = configuration.Precision.Resolve(model);
        var served = new ServedModel(model) { Precision = precision };
        var choose = PerformanceSource.ChooserOfAll(configuration, [served], context.Files);
        var route = EngineDefaults.Route(RowNames.Engine(deployment.Engine));
        var scenario = new Scenario
        {
            Model = model,
            Precision = precision,
            PrefillInstances = Instances(deployment.Prefill, InstanceRole.Prefill),
            DecodeInstances = Instances(deployment.Decode, InstanceRole.Decode),
            MixedInstances = Instances(deployment.Mixed, InstanceRole.Mixed),
            Policies = context.Catalogs.Policies.CreateSet(route, "fcfs", route, "fcfs"),
            PerformanceModelFactory = PerformanceSource.Factory(configuration, choose),
        };
        RequireExpressible(scenario);
        return (
            scenario with
            {
                RequestSeconds = PerformanceSource.RequestSeconds(scenario, choose),
            },
            choose
        );

        IReadOnlyList<InstanceSpec> Instances(WorkerLayout? layout, InstanceRole role) =>
            layout is null
                ? []
                :
                [
                    .. Enumerable
                        .Range(0, layout.Workers)
                        .SelectMany(worker =>
                            Enumerable.Repeat(
                                Instance(
                                    deployment,
                                    context,
                                    model,
                                    hardware,
                                    layout,
                                    role,
                                    $"{role} {worker}"
                                ),
                                layout.AttentionDp
                            )
                        ),
                ];
    }

    /// <summary>The requests' records in the order of the workload.</summary>
    /// <exception cref="NotExpressibleException">A request that was served is rejected.</exception>
    public static RequestRecord[] Run(
        Scenario scenario,
        IEnumerable<RequestSpec> requests,
        CancellationToken cancellation
    ) => Run(scenario, requests, out _, cancellation);

    /// <summary>The same, with the summary of the run.</summary>
    public static RequestRecord[] Run(
        Scenario scenario,
        IEnumerable<RequestSpec> requests,
        out RunSummary summary,
        CancellationToken cancellation
    )
    {
        var records = new List<RequestRecord>();
        try
        {
            summary = Simulator.Run(scenario, requests, records.Add, cancellation: cancellation);
        }
        catch (UserErrorException e) when (e.Message.StartsWith("block_size: ", StringComparison.Ordinal))
        {
            throw new NotExpressibleException("does not fit in memory", e.Message);
        }

        if (summary.Rejected > 0)
        {
            throw new NotExpressibleException("requests rejected", summary.Rejections.First().Key);
        }

        return [.. records.OrderBy(record => record.Id)];
    }

    private static InstanceSpec Instance(
        ServingDeployment deployment,
        CaseContext context,
        ModelDescription model,
        HardwareDescription hardware,
        WorkerLayout layout,
        InstanceRole role,
        string worker
    )
    {
        var kind = RowNames.Engine(deployment.Engine);
        var defaults = EngineDefaults.Engine(kind, deployment.EngineVersion, hardware, layout.AttentionDp);
        return new InstanceSpec
        {
            Hardware = hardware,
            TpSize = layout.Tp,
            PpSize = deployment.PipelineParallel,
            ExpertParallel = ExpertParallel(model, layout),
            AllToAllBackend = AllToAll(kind, role),
            MemoryUtilization =
                deployment.Settings.MemoryUtilization ?? EngineDefaults.MemoryUtilization(kind),
            Engine = deployment.Settings.Of(defaults, role) with
            {
                // Its own, also where it batches by the rules of another.
                Overheads = context.Overheads ?? context.Catalogs.Engines.OverheadsOf(defaults),
                // Where no prefix is shared there is nothing to find, and looking for it takes time.
                PrefixCaching = deployment.SharesPrefixes,
                Speculation = deployment.Speculation,
                DataParallelGroup = layout.AttentionDp > 1 ? worker : null,
            },
        };
    }

    /// <summary>
    /// vLLM gathers tokens on all ranks unless told otherwise. SGLang's and TensorRT-LLM's disaggregated deployments send each token to the ranks of
    /// its experts: DeepEP in its two modes, or what NVLink domains have for it.
    /// </summary>
    private static AllToAllBackend AllToAll(EngineKind kind, InstanceRole role) =>
        kind == EngineKind.Vllm || role == InstanceRole.Mixed ? AllToAllBackend.AllGatherReduceScatter
        : role == InstanceRole.Decode ? AllToAllBackend.DeepEpLowLatency
        : AllToAllBackend.DeepEpHighThroughput;

    /// <summary>Whole experts over the ranks of a worker, or each expert sliced over the ranks of one tensor-parallel group.</summary>
    private static int ExpertParallel(ModelDescription model, WorkerLayout layout)
    {
        if (model.MixtureOfExperts is null)
        {
            return 1;
        }

        if (layout.ExpertEp > 1 && layout.ExpertTp > 1)
        {
            throw new NotExpressibleException(
                "experts divided and sliced at once",
                $"expert parallelism {layout.ExpertEp} and slices {layout.ExpertTp}"
            );
        }

        return layout.AttentionDp > 1 && layout.ExpertEp <= 1
            ? throw new NotExpressibleException(
                "experts sliced over data-parallel ranks",
                $"attention data parallelism {layout.AttentionDp}, each expert in {layout.ExpertTp} slices"
            )
            : Math.Max(1, layout.ExpertEp);
    }

    private static void RequireExpressible(Scenario scenario)
    {
        var instances = scenario.Instances.Distinct();
        foreach (var instance in instances)
        {
            Require(
                "parallelism does not divide the model",
                () =>
                {
                    TensorParallelism.Require(scenario.Model, instance.TpSize, scenario.Semantics);
                    ExpertParallelism.Require(scenario.Model, instance);
                }
            );
            Require(
                "does not fit in memory",
                () => _ = KvCapacity.Bytes(scenario.Model, scenario.Precision, instance, scenario.Semantics)
            );
            Require(
                "performance source has nothing for it",
                () => _ = scenario.PerformanceModelFactory?.Invoke(instance)
            );
        }
    }

    private static void Require(string reason, Action check)
    {
        try
        {
            check();
        }
        catch (UserErrorException error)
        {
            throw new NotExpressibleException(reason, error.Message);
        }
    }
}
