namespace LlmSim.Performance;

/// <summary>Which degrees of tensor parallelism a model can be divided by.</summary>
public static class TensorParallelism
{
    /// <summary>
    /// The degrees, ascending: they divide the hidden size, the widths of MLP and experts, and the number of KV heads.
    /// </summary>
    public static IEnumerable<int> Degrees(ModelDescription model) =>
        Enumerable
            .Range(1, model.KvHeads)
            .Where(tp =>
                model.KvHeads % tp == 0
                && model.HiddenSize % tp == 0
                && model.IntermediateSize % tp == 0
                && (model.MixtureOfExperts?.ExpertIntermediateSize ?? 0) % tp == 0
            );

    /// <summary>Throws unless the model can be divided so.</summary>
    /// <exception cref="UserErrorException">It cannot; the message lists the degrees that can.</exception>
    public static void Require(ModelDescription model, int tpSize)
    {
        if (!Degrees(model).Contains(tpSize))
        {
            throw new UserErrorException(
                $"tp_size: {tpSize} does not divide {model.Id} (hidden size {model.HiddenSize}, intermediate size "
                    + $"{model.IntermediateSize}, KV heads {model.KvHeads}); allowed are "
                    + $"{string.Join(", ", Degrees(model))}."
            );
        }
    }
}
