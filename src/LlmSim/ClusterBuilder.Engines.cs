using LlmSim.Batching;
using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim;

/// <content>Instances with an engine.</content>
internal sealed partial class ClusterBuilder
{
    /// <summary>Far above any engine. Only blocks that requests hold use memory.</summary>
    private const long MaxKvBlocks = 1_000_000_000;

    /// <summary>More than any accelerator memory; sums over a cluster still fit in 64 bits.</summary>
    private const long MaxKvBytes = 1_000_000_000_000_000_000;

    private readonly Dictionary<string, (InstanceRole Role, string? Model, LockstepGroup Group)> _groups = [];

    private BatchedInstance Batched(InstanceSpec spec, EngineSpec engine, int index, InstanceRole role)
    {
        if (scenario.Semantics.OutputTokens != OutputTokens.FirstFromPrefill)
        {
            throw new UserErrorException(
                "output_tokens: an instance with an engine yields the first token when the prompt is computed; "
                    + "allowed with it: first_from_prefill"
            );
        }

        var served = models[spec.Model].Served;
        engine = StatePages.Of(engine, served.Model, served.Precision, spec);
        RequireAdapters(spec, engine);
        if (spec.PpSize > 1)
        {
            RequirePipeline(engine);
            // Iterations are planned while others run in any case.
            engine = engine with
            {
                AsyncScheduling = false,
            };
        }

        // Equal instances share what describes them.
        spec = spec.Engine == engine ? spec : spec with { Engine = engine };
        var blockBytes = engine.BlockTokens * models[spec.Model].KvFootprint.BytesPerToken;
        var blocks = engine.KvBlocks ?? FittingBlocks(spec, blockBytes);
        if (blocks <= engine.OwnBlocks)
        {
            throw new UserErrorException(
                engine.KvBlocks is null
                    ? $"block_size: no KV block of {engine.BlockTokens} tokens fits beside the weights"
                    : $"kv_blocks: found {blocks}; allowed: a whole number from {engine.OwnBlocks + 1}, since the engine keeps {engine.OwnBlocks} for itself"
            );
        }

        if (blocks > MaxKvBlocks)
        {
            var field = engine.KvBlocks is null ? "block_size" : "kv_blocks";
            throw new UserErrorException(
                $"{field}: found a KV cache of {blocks} blocks of {engine.BlockTokens} tokens; allowed: up to {MaxKvBlocks} blocks"
            );
        }

        if (blocks > MaxKvBytes / blockBytes)
        {
            throw new UserErrorException(
                $"kv_blocks: found {blocks} blocks of {blockBytes} bytes; allowed: up to 1e18 bytes in all"
            );
        }

        var byPriority = engine is { Kind: EngineKind.Vllm, SchedulingPolicy: SchedulingPolicy.Priority };
        var instance = new BatchedInstance(
            index,
            spec,
            Performance(spec),
            new BatchedInstanceOptions(
                role,
                (int)blocks - engine.OwnBlocks,
                blockBytes,
                Beside(spec, engine, blockBytes),
                ReservesKv: scenario.Semantics.KvTransfer >= KvTransfer.ContendedLinks,
                Victims(index, byPriority ? new LowestPriorityPolicy() : null),
                engine.Speculation is { } speculation ? new Drafting(speculation, scenario.Seed) : null,
                Encoding(spec, engine),
                Slots(spec, engine),
                models[spec.Model].OutputEstimate,
                interTokenLatency,
                role == InstanceRole.Prefill ? events.Parts : null,
                events.OnPrefilled,
                events.OnDecoded,
                events.OnRoom,
                events.OnWithdrawn
            )
            {
                Batching = Batching(index, spec, engine),
            },
            (
                byPriority
                    ? RequestQueue.ByPriority()
                    : Queue(PolicyDecisions.DecodeLocal, scenario.Policies.DecodeLocal, index),
                byPriority ? RequestQueue.ByPriority()
                : engine is { Kind: EngineKind.Sglang, SchedulePolicy: not SchedulePolicy.Fcfs }
                    ? new ArrangedQueue(
                        engine.SchedulePolicy,
                        engine,
                        Random(PolicyDecisions.PrefillLocal, index)
                    )
                : Queue(PolicyDecisions.PrefillLocal, scenario.Policies.PrefillLocal, index)
            ),
            spec.PpSize > 1
                ? new Pipeline(simulation, Rank(role), (PipelineTime)Performance(spec))
                : Group(engine.DataParallelGroup, role, spec.Model),
            simulation
        );
        AddTiers(instance, engine, blockBytes);
        return instance;
    }

    /// <summary>A rule of the user's own, for engines whose rule is vLLM's.</summary>
    private BatchingCaller? Batching(int index, InstanceSpec spec, EngineSpec engine)
    {
        if (
            scenario.Policies.Batching is not { } policy
            || engine is not { Kind: EngineKind.Vllm, Batching: BatchingRule.Own }
        )
        {
            return null;
        }

        var name = PolicyNames.Of(policy);
        return spec.PpSize > 1
                ? throw new UserErrorException(
                    $"batching: found '{name}' with pp_size {spec.PpSize}; allowed with a rule of your own: pp_size 1"
                )
            : engine.Speculation is not null
                ? throw new UserErrorException(
                    $"batching: found '{name}' with speculative_config; a rule of your own plans no drafts"
                )
            : new(policy, Random(PolicyDecisions.Batching, index));
    }

    /// <summary>Blocks that fit beside the weights; a model that drafts has weights of its own, and keys and values of each token.</summary>
    private long FittingBlocks(InstanceSpec spec, long blockBytes)
    {
        var served = models[spec.Model].Served;
        var capacity = Capacity(spec) - SlotBytes(spec);
        if (Drafter.Of(served, spec) is not { } drafter)
        {
            return capacity / blockBytes;
        }

        var (model, semantics) = (drafter.Model, scenario.Semantics);
        TensorParallelism.Require(model, spec.TpSize, semantics);
        var weightBytes = KvCapacity.WeightBytes(model, drafter.Precision, spec, semantics);
        var draftBytes =
            spec.Engine!.BlockTokens
            * KvCapacity.Footprint(model, drafter.Precision, semantics).BytesPerToken
            * KvCapacity.Copies(model, spec, semantics);
        var copies = KvCapacity.Copies(served.Model, spec, semantics);
        var free = (capacity * copies) - weightBytes;
        return free <= 0
            ? throw new UserErrorException(
                $"speculative_config: the weights of {model.Id} do not fit beside those of {served.Model.Id}; allowed: a smaller one, or a larger tp_size"
            )
            : (long)(free / ((blockBytes * copies) + draftBytes));
    }

    /// <summary>What a request keeps beside its tokens, in blocks of so many bytes; null for nothing.</summary>
    private KvBeside? Beside(InstanceSpec spec, EngineSpec engine, long blockBytes) =>
        KvBeside.Of(
            models[spec.Model].KvFootprint,
            blockBytes,
            KvCapacity.Copies(models[spec.Model].Served.Model, spec, scenario.Semantics),
            StatePages.Blocks(engine, models[spec.Model].Served.Model)
        );

    private static void RequirePipeline(EngineSpec engine)
    {
        if (engine.DataParallelGroup is { } group)
        {
            throw new UserErrorException(
                $"pp_size: found beside data_parallel_group {group}; allowed: one of them, since members of a group that are pipelines are not simulated"
            );
        }

        if (engine.Speculation is not null)
        {
            throw new UserErrorException(
                "pp_size: found beside speculative_config; allowed: one of them, since drafts in a pipeline are not simulated"
            );
        }
    }

    private static EventRank Rank(InstanceRole role) =>
        role == InstanceRole.Prefill ? EventRanks.PrefillIterationEnd : EventRanks.IterationEnd;

    private LockstepGroup Group(string? name, InstanceRole role, string? model)
    {
        if (name is not null && _groups.TryGetValue(name, out var known))
        {
            return known.Role != role
                    ? throw new UserErrorException(
                        $"data_parallel_group: the members of {name} have different roles; allowed: one role"
                    )
                : known.Model != model
                    ? throw new UserErrorException(
                        $"data_parallel_group: the members of {name} serve different models; allowed: one model"
                    )
                : known.Group;
        }

        var group = new LockstepGroup(simulation, Rank(role), maxIterationsPerEvent);
        if (name is not null)
        {
            _groups.Add(name, (role, model, group));
        }

        return group;
    }
}
