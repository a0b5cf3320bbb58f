namespace LlmSim.Performance;

/// <summary>How tensor parallelism divides a model, and by which degrees it can.</summary>
internal static class TensorParallelism
{
    /// <summary>
    /// The degrees, ascending: they divide the heads, the hidden size, and the widths of MLP and experts. They divide the
    /// number of KV heads, or are a multiple of it where the semantics keep copies of KV heads.
    /// </summary>
    public static IEnumerable<int> Degrees(ModelDescription model, Semantics semantics) =>
        Enumerable
            .Range(1, model.AttentionHeads)
            .Where(tp =>
                model.AttentionGroups.All(group => Divides(tp, group, semantics))
                && (model.Recurrent?.Heads ?? 0) % tp == 0
                && model.HiddenSize % tp == 0
                && model.IntermediateSize % tp == 0
                && model.OtherMlps.All(group => group.Width % tp == 0)
                && (model.MixtureOfExperts?.ExpertIntermediateSize ?? 0) % tp == 0
                && (model.MixtureOfExperts?.SharedIntermediateSize ?? 0) % tp == 0
            );

    /// <summary>Throws unless the model can be divided so.</summary>
    /// <exception cref="UserErrorException">It cannot; the message lists the degrees that can.</exception>
    public static void Require(ModelDescription model, int tpSize, Semantics semantics)
    {
        if (!Degrees(model, semantics).Contains(tpSize))
        {
            throw new UserErrorException(
                $"tp_size: {tpSize} does not divide {model.Id} (hidden size {model.HiddenSize}, {Widths(model)}, "
                    + $"heads {model.AttentionHeads}, KV heads {model.KvHeads}); allowed are "
                    + $"{string.Join(", ", Degrees(model, semantics))}."
            );
        }
    }

    /// <summary>
    /// Accelerators of a group that hold the same part of the KV cache: with fewer KV heads than accelerators each head is
    /// on several, and a latent vector is on all. Where layers differ, the mean over the values that they keep.
    /// </summary>
    internal static double KvCopies(ModelDescription model, int tpSize)
    {
        var (copied, values) = (0.0, 0.0);
        foreach (var group in model.AttentionGroups)
        {
            var ofGroup = (double)group.Layers * group.KvValues;
            copied += KvCopies(group, tpSize) * ofGroup;
            values += ofGroup;
        }

        return copied / values;
    }

    /// <summary>KV heads that each accelerator holds.</summary>
    internal static double KvHeadsEach(AttentionGroup group, int tpSize) =>
        Math.Max(1, (double)group.KvHeads / tpSize);

    private static int KvCopies(AttentionGroup group, int tpSize) =>
        group.Latent is not null ? tpSize : Math.Max(1, tpSize / group.KvHeads);

    private static bool Divides(int tp, AttentionGroup group, Semantics semantics) =>
        group.Heads % tp == 0
        && (
            group.KvHeads % tp == 0
            || (semantics.KvHeadLimit == KvHeadLimit.Copied && tp % group.KvHeads == 0)
        );

    /// <summary>
    /// Bytes of weights that a group holds beside those of the model, since several accelerators have the same: projections to keys and
    /// values of copied heads, those to latent vectors, and the router.
    /// </summary>
    internal static long CopiedBytes(ModelDescription model, Precision precision, int tpSize)
    {
        long hidden = model.HiddenSize;
        var copied = model.AttentionGroups.Sum(group =>
            (KvCopies(group, tpSize) - 1)
            * (long)group.Layers
            * (
                group.Latent is { } latent
                    ? hidden * (latent.QueryRank + latent.CachedSize)
                    : hidden * group.KvHeads * (group.HeadSize + group.ValueHeadSize)
            )
        );
        var routers = model.ExpertLayers * hidden * (model.MixtureOfExperts?.Experts ?? 0);
        return (long)
            Math.Round(
                copied * precision.Projections.Weight.BytesPerValue
                    + (tpSize - 1) * routers * precision.Router.Weight.BytesPerValue
            );
    }

    private static string Widths(ModelDescription model) =>
        model.MixtureOfExperts is { } experts
            ? $"intermediate size {model.IntermediateSize}, of an expert {experts.ExpertIntermediateSize}"
            : $"intermediate size {model.IntermediateSize}";
}
