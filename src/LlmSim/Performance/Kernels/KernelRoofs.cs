namespace LlmSim.Performance.Kernels;

/// <summary>
/// The roofs that the measured times of an accelerator are counted in. They travel with the tables, so that a prediction at a measured
/// point is the measurement, whatever figures the catalog has meanwhile.
/// </summary>
internal sealed record KernelRoofs(
    double Ops16PerSecond,
    double Ops8PerSecond,
    double Ops4PerSecond,
    double MemoryBytesPerSecond
)
{
    private const double ActivationBytes = 2;

    /// <summary>The roofs of an accelerator; arithmetic that it lacks runs at the next wider rate.</summary>
    public static KernelRoofs Of(HardwareDescription hardware) =>
        new(
            hardware.Fp16OpsPerSecond,
            hardware.Fp8OpsPerSecond ?? hardware.Fp16OpsPerSecond,
            hardware.Fp4OpsPerSecond ?? hardware.Fp8OpsPerSecond ?? hardware.Fp16OpsPerSecond,
            hardware.MemoryBytesPerSecond
        );

    /// <summary>A product of m tokens with k × n weights.</summary>
    public double GemmSeconds(KernelFormat format, double m, double n, double k) =>
        Seconds(
            2 * m * n * k,
            format,
            n * k * format.WeightBytes + m * k * format.InputBytes + m * n * ActivationBytes
        );

    /// <summary>
    /// Causal attention of prompts on one accelerator: the pairs of query and key that count, and each query, key and value once.
    /// </summary>
    public double PromptAttentionSeconds(in PromptAttentionShape shape) =>
        Math.Max(
            shape.Pairs * shape.Heads * 4 * shape.HeadSize / Ops16PerSecond,
            (
                2 * shape.Queries * shape.Heads * ActivationBytes
                + 2 * shape.Keys * shape.KvHeads * shape.KvBytes
            )
                * shape.HeadSize
                / MemoryBytesPerSecond
        );

    /// <summary>Attention of decoding requests: keys and values of each context once, queries and answers.</summary>
    public double DecodeAttentionSeconds(in DecodeAttentionShape shape) =>
        (
            2 * shape.Requests * shape.Context * shape.KvHeads * shape.KvBytes
            + 2 * shape.Requests * shape.Heads * ActivationBytes
        )
        * shape.HeadSize
        / MemoryBytesPerSecond;

    /// <summary>The routed experts of a layer on one rank, for so many tokens of all ranks; it reads those that come to it.</summary>
    public double ExpertSeconds(
        KernelFormat format,
        in ExpertShape shape,
        double tokens,
        ExpertTokens come = ExpertTokens.Gathered
    )
    {
        var rows = tokens * shape.Chosen / shape.ExpertRanks;
        var experts =
            shape.Experts
            * (1 - Math.Pow(1 - (double)shape.Chosen / shape.Experts, tokens))
            / shape.ExpertRanks;
        return ExpertSeconds(format, shape, tokens, come, rows, experts);
    }

    /// <summary>The same for the choices that come to the rank, and the distinct experts of it that they meet.</summary>
    public double ExpertSeconds(
        KernelFormat format,
        in ExpertShape shape,
        double tokens,
        ExpertTokens come,
        double rows,
        double experts
    )
    {
        var width = (double)shape.Intermediate / shape.TensorRanks;
        var matrices = 3.0 * shape.Hidden * width;
        return Seconds(
            2 * rows * matrices,
            format,
            experts * matrices * format.WeightBytes
                + 2
                    * (come is ExpertTokens.Gathered or ExpertTokens.GatheredFromGroup ? tokens : rows)
                    * shape.Hidden
                    * ActivationBytes
        );
    }

    /// <summary>
    /// Latent attention of a layer with the projections around it. Prompts expand the latent vectors to the keys and values of each head;
    /// decoding requests take the expansion into their queries, and read one latent vector a key.
    /// </summary>
    public double LatentAttentionSeconds(KernelFormat format, in LatentAttentionShape shape)
    {
        var latent = shape.Latent;
        double keySize = latent.NopeHeadSize + latent.RopeHeadSize;
        var (tokens, heads) = (shape.Queries, shape.Heads);
        var projections =
            (
                latent.QueryRank == 0
                    ? GemmSeconds(format, tokens, heads * keySize, shape.Hidden)
                    : GemmSeconds(format, tokens, latent.QueryRank, shape.Hidden)
                        + GemmSeconds(format, tokens, heads * keySize, latent.QueryRank)
            )
            + GemmSeconds(format, tokens, latent.CachedSize, shape.Hidden)
            + GemmSeconds(format, tokens, heads * (latent.NopeHeadSize + latent.ValueHeadSize), latent.KvRank)
            + GemmSeconds(format, tokens, shape.Hidden, heads * latent.ValueHeadSize);
        return projections + LatentScoresSeconds(shape, Ops16PerSecond);
    }

    /// <summary>
    /// How much longer the attention proper of latent attention takes with so many queries of each request than with one: its keys are read once.
    /// Where the KV cache has 8 bits, kernels of accelerators with arithmetic of 4 bits, Blackwell and later, multiply in 8 (trtllm-gen); others in 16.
    /// </summary>
    public double LatentGrowth(in LatentAttentionShape shape, int queriesEach)
    {
        var ops = shape.KvBytes <= 1 && Ops4PerSecond > Ops8PerSecond ? Ops8PerSecond : Ops16PerSecond;
        return LatentScoresSeconds(shape with { Pairs = shape.Pairs * queriesEach }, ops)
            / LatentScoresSeconds(shape, ops);
    }

    /// <summary>Latent attention between its projections.</summary>
    public double LatentScoresSeconds(in LatentAttentionShape shape, double opsPerSecond)
    {
        var latent = shape.Latent;
        var opsPerPair =
            2
            * shape.Heads
            * (
                shape.IsDecode
                    ? latent.CachedSize + latent.KvRank
                    : latent.NopeHeadSize + latent.RopeHeadSize + latent.ValueHeadSize
            );
        return Math.Max(
            shape.Pairs * opsPerPair / opsPerSecond,
            shape.Keys * latent.CachedSize * shape.KvBytes / MemoryBytesPerSecond
        );
    }

    /// <summary>The peak rate of the arithmetic of a format.</summary>
    public double OpsPerSecond(KernelFormat format) =>
        format.RateBits switch
        {
            <= 4 => Ops4PerSecond,
            <= 8 => Ops8PerSecond,
            _ => Ops16PerSecond,
        };

    private double Seconds(double ops, KernelFormat format, double bytes) =>
        Math.Max(ops / OpsPerSecond(format), bytes / MemoryBytesPerSecond);
}

/// <summary>The attention of prompts on one accelerator.</summary>
/// <param name="Requests">Prompts.</param>
/// <param name="Queries">Their tokens that are computed now, summed.</param>
/// <param name="Keys">Tokens that they ask, summed.</param>
/// <param name="Pairs">Pairs of query and key, summed.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="KvBytes">Bytes of a value in the KV cache.</param>
internal readonly record struct PromptAttentionShape(
    double Requests,
    double Queries,
    double Keys,
    double Pairs,
    double Heads,
    double KvHeads,
    double HeadSize,
    double KvBytes
);

/// <summary>The attention of decoding requests of one context on one accelerator.</summary>
internal readonly record struct DecodeAttentionShape(
    double Requests,
    double Context,
    double Heads,
    double KvHeads,
    double HeadSize,
    double KvBytes
);

/// <summary>Latent attention of a layer on one accelerator.</summary>
internal readonly record struct LatentAttentionShape(
    LatentAttention Latent,
    double Hidden,
    double Heads,
    double Requests,
    double Queries,
    double Keys,
    double Pairs,
    double KvBytes,
    bool IsDecode
)
{
    /// <summary>The model whose latent attention the tables have: deepseek-ai/DeepSeek-V3.</summary>
    private static readonly LatentAttention s_measured = new()
    {
        QueryRank = 1536,
        KvRank = 512,
        RopeHeadSize = 64,
        NopeHeadSize = 128,
        ValueHeadSize = 128,
    };

    private const double MeasuredHidden = 7168;

    /// <summary>A shape of the tables: so many requests with whole prompts, or with contexts, of so many tokens.</summary>
    public static LatentAttentionShape OfTable(
        bool isDecode,
        double heads,
        double requests,
        double tokens,
        double kvBytes
    )
    {
        var keys = requests * tokens;
        return new(
            s_measured,
            MeasuredHidden,
            heads,
            requests,
            isDecode ? requests : keys,
            keys,
            isDecode ? keys : keys * (tokens + 1) / 2,
            kvBytes,
            isDecode
        );
    }
}

/// <summary>The routed experts of a layer as one rank has them.</summary>
internal readonly record struct ExpertShape(
    int Hidden,
    int Intermediate,
    int Chosen,
    int Experts,
    int TensorRanks,
    int ExpertRanks
);
