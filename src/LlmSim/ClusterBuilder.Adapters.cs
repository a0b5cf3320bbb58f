using LlmSim.Batching;
using LlmSim.Memory;
using LlmSim.Performance;

namespace LlmSim;

/// <content>Adapters of engines.</content>
internal sealed partial class ClusterBuilder
{
    /// <summary>Where the adapters of an instance are; null where its engine has none.</summary>
    private AdapterSlots? Slots(InstanceSpec spec, EngineSpec engine)
    {
        if (engine.Lora is not { } lora)
        {
            return null;
        }

        var served = models[spec.Model].Served;
        var each = new LoraProducts(served, spec, lora);
        var whole = new LoraProducts(served, spec with { TpSize = 1 }, lora);
        return new(
            lora,
            rank => each.Bytes(rank) / lora.HostBytesPerSecond,
            rank => lora.LoadLatencySeconds + (whole.Bytes(rank) / lora.LoadBytesPerSecond)
        );
    }

    /// <summary>
    /// KV bytes that the slots take, which are there from the start, each for the highest rank; 0 without adapters.
    /// </summary>
    private long SlotBytes(InstanceSpec spec)
    {
        if (spec.Engine!.Lora is not { } lora)
        {
            return 0;
        }

        var served = models[spec.Model].Served;
        var each = lora.MaxAdapters * new LoraProducts(served, spec, lora).Bytes(lora.MaxRank);
        var bytes = each * spec.TpSize / KvCapacity.Copies(served.Model, spec, scenario.Semantics);
        return bytes < Capacity(spec)
            ? (long)bytes
            : throw new UserErrorException(
                FormattableString.Invariant(
                    $"max_loras: {lora.MaxAdapters} slots of {each / lora.MaxAdapters / 1e9:G3} GB on each accelerator do not fit beside the weights of {served.Model.Id}; allowed: fewer, a lower max_lora_rank or a larger tp_size"
                )
            );
    }

    private static void RequireAdapters(InstanceSpec spec, EngineSpec engine)
    {
        if (engine.StructuredOutput is not null && spec.PpSize > 1)
        {
            throw new UserErrorException(
                "pp_size: found beside structured_output; allowed: one of them, since masks in a pipeline are not simulated"
            );
        }

        if (engine.Lora is null)
        {
            return;
        }

        if (engine is not { Kind: EngineKind.Vllm, Batching: BatchingRule.Own })
        {
            throw new UserErrorException(
                "lora: found with other rules than those of vLLM; allowed: with kind vllm and batching own"
            );
        }

        if (spec.PpSize > 1)
        {
            throw new UserErrorException(
                "pp_size: found beside lora; allowed: one of them, since adapters in a pipeline are not simulated"
            );
        }
    }
}
