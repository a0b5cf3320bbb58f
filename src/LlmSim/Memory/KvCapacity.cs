using System.Globalization;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Memory;

/// <summary>How much KV cache an instance can hold beside the weights.</summary>
internal static class KvCapacity
{
    /// <summary>Hundreds of times as much as any model keeps: the KV cache of any request stays within 64 bits.</summary>
    private const long MostBytesPerToken = 1_000_000_000;

    /// <summary>KV bytes of a request.</summary>
    /// <exception cref="UserErrorException">They are more than a model can keep.</exception>
    public static KvFootprint Footprint(ModelDescription model, Precision precision, Semantics semantics)
    {
        var footprint =
            semantics.KvBytesPerToken == ModelBytes.Fixed
                ? KvFootprint.OfTokens(Semantics.ReferenceKvBytesPerToken)
                : KvFootprint.Of(model, precision);
        return footprint.BytesPerToken <= MostBytesPerToken
            ? footprint
            : throw new UserErrorException(
                $"num_hidden_layers: with {model.KvHeads} KV heads of {model.HeadSize} in each, {model.Id} keeps {footprint.BytesPerToken} bytes of KV cache for a token; allowed: up to {MostBytesPerToken}"
            );
    }

    /// <summary>
    /// Bytes of the weights, over all accelerators of an instance: of the experts, those that it holds, and all copies of what
    /// several accelerators have.
    /// </summary>
    public static long WeightBytes(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics
    )
    {
        if (semantics.Weights == ModelBytes.Fixed)
        {
            return (long)(Semantics.ReferenceParameters * precision.Mlp.Weight.BytesPerValue);
        }

        precision = precision.Under(semantics);
        return ParametersByOperand.Of(model).Bytes(precision, ExpertParallelism.Share(model, instance))
            + TensorParallelism.CopiedBytes(model, precision, instance.TpSize);
    }

    /// <summary>KV bytes that the instance can hold, above 0.</summary>
    /// <exception cref="UserErrorException">
    /// The degree of tensor parallelism does not divide the model, or the model does not fit; the message says by how
    /// much, and which degree would do.
    /// </exception>
    public static long Bytes(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics
    )
    {
        if (instance.PpSize > 1)
        {
            return BytesOfStages(model, precision, instance, semantics);
        }

        if (instance.ContextRanks > 1)
        {
            // Each rank has all weights, and the keys and values of its tokens.
            return instance.ContextRanks
                * Bytes(model, precision, instance with { CpSize = null }, semantics);
        }

        TensorParallelism.Require(model, instance.TpSize, semantics);
        ExpertParallelism.Require(model, instance);
        instance = instance.WithFigures(semantics);
        var weightBytes = WeightBytes(model, precision, instance, semantics);
        var bytes = (long)(
            FreeBytes(model, precision, instance, weightBytes, semantics) / Copies(model, instance, semantics)
        );
        return bytes > 0
            ? bytes
            : throw DoesNotFit(model, precision, instance, weightBytes, bytes, semantics);
    }

    /// <summary>As many tokens as fit in each stage of a pipeline, with their bytes in all stages.</summary>
    private static long BytesOfStages(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics
    )
    {
        var tokenBytes = Footprint(model, precision, semantics).BytesPerToken;
        var one = instance with { PpSize = 1, PpLayers = null };
        return PipelineStages
            .Of(model, instance)
            .Min(stage =>
            {
                var bytes = Bytes(stage, precision, one, semantics);
                var ofStage = Footprint(stage, precision, semantics).BytesPerToken;
                return ofStage == 0 ? long.MaxValue : (long)(bytes / (double)ofStage * tokenBytes);
            });
    }

    /// <summary>A latent vector is on every accelerator of a group, and a KV head on several when those are more than the heads.</summary>
    public static double Copies(ModelDescription model, InstanceSpec instance, Semantics semantics) =>
        semantics.MemoryLimit == MemoryLimit.TensorParallelGroup
            ? TensorParallelism.KvCopies(model, instance.TpSize)
            : 1;

    /// <summary>
    /// What the weights leave, by what each engine takes a share of: vLLM of the memory, SGLang of what is free before it loads the weights (activations
    /// have what is beyond the share), TensorRT-LLM of what weights and activations leave. Negative when they do not fit.
    /// </summary>
    private static long FreeBytes(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        long weightBytes,
        Semantics semantics
    )
    {
        var memoryBytes = instance.Hardware.MemoryBytes;
        if (semantics.MemoryLimit == MemoryLimit.OneGpu)
        {
            return memoryBytes - weightBytes / instance.TpSize;
        }

        var share = instance.MemoryUtilization;
        var takenBytes = instance.TpSize * EngineMemory.Bytes(model, precision, instance);
        var allBytes = (double)instance.TpSize * memoryBytes;
        return (instance.Engine?.Kind, instance.ActivationBytes) switch
        {
            (EngineKind.Sglang, null) => (long)(
                share * (allBytes - instance.TpSize * EngineMemory.ResidentBytes(instance))
            ) - weightBytes,
            (EngineKind.TensorRtLlm, _) => (long)(share * (allBytes - weightBytes - takenBytes)),
            _ => (long)(allBytes * share) - weightBytes - takenBytes,
        };
    }

    private static UserErrorException DoesNotFit(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        long weightBytes,
        long freeBytes,
        Semantics semantics
    )
    {
        var degrees = TensorParallelism.Degrees(model, semantics).ToArray();
        var sufficient = Array.Find(
            degrees,
            tp =>
            {
                var larger = instance with { TpSize = tp };
                var largerWeightBytes = WeightBytes(model, precision, larger, semantics);
                return FreeBytes(model, precision, larger, largerWeightBytes, semantics) > 0;
            }
        );
        var remedy =
            sufficient > 0
                ? $"The smallest tp_size that fits is {sufficient}."
                : $"None of the tp_sizes that divide the model ({string.Join(", ", degrees)}) fits.";
        return new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"tp_size: {model.Id} ({weightBytes / 1e9:F1} GB of weights) does not fit {instance.TpSize} x {instance.Hardware.Name} ({instance.Hardware.MemoryBytes / 1e9:F1} GB each): {-freeBytes / 1e9:0.0##} GB are missing before there is room for a KV cache. {remedy}"
            )
        );
    }
}
