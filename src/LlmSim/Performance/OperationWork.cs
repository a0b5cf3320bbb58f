namespace LlmSim.Performance;

/// <summary>
/// What one operation computes and moves on one accelerator, by kind of bytes; whether it costs a launch, since engines
/// compute some of the operations that we tell apart in one kernel; and the keys that one block of query rows passes one
/// after the other.
/// </summary>
internal readonly record struct OperationWork(
    double Ops,
    double WeightBytes,
    double ActivationInBytes,
    double ActivationOutBytes,
    double KvInBytes = 0,
    double KvOutBytes = 0,
    int Launches = 1,
    double LongestKeys = 0
)
{
    public double MemoryBytes =>
        WeightBytes + ActivationInBytes + ActivationOutBytes + KvInBytes + KvOutBytes;
}

/// <summary>An operation whose work is proportional to the tokens of the batch, apart from its weights.</summary>
internal sealed record TokenOperation(
    string Name,
    double OpsPerToken,
    double WeightBytes,
    double ActivationInBytesPerToken,
    double ActivationOutBytesPerToken,
    double KvOutBytesPerToken = 0,
    int Launches = 1
)
{
    /// <summary>Values that a product takes of a token; 0 for what is no product.</summary>
    public double Input { get; init; }

    /// <summary>Values that it makes of them.</summary>
    public double Output { get; init; }

    public OperationWork For(double tokens) =>
        new(
            OpsPerToken * tokens,
            WeightBytes,
            ActivationInBytesPerToken * tokens,
            ActivationOutBytesPerToken * tokens,
            KvOutBytes: KvOutBytesPerToken * tokens,
            Launches: Launches
        );
}

/// <summary>
/// The projections of the routed experts of a layer. Each token goes to k of them; those that any token goes to have
/// their weights read.
/// </summary>
internal sealed record ExpertOperation(
    string Name,
    TokenOperation Product,
    MixtureOfExperts Experts,
    double ProductsPerToken,
    double ExpertShare,
    double TokensPerToken
)
{
    public OperationWork For(double tokens) =>
        Product.For(tokens * ProductsPerToken) with
        {
            WeightBytes =
                Product.WeightBytes * ExpertShare * Experts.ExpectedExperts(tokens * TokensPerToken),
        };
}

/// <summary>The roofs of one accelerator: an operation is limited by arithmetic or by memory.</summary>
internal readonly record struct Roofs(
    double OpsPerSecond,
    double MemoryBytesPerSecond,
    double LaunchSeconds = 0,
    double KeySeconds = 0
)
{
    public Roofs Lowered(OperationEfficiency efficiency) =>
        new(
            OpsPerSecond * efficiency.Compute,
            MemoryBytesPerSecond * efficiency.Memory,
            efficiency.FixedSeconds,
            efficiency.KeySeconds
        );

    public double Seconds(in OperationWork work) =>
        Math.Max(UnderRoofs(work), work.LongestKeys * KeySeconds) + work.Launches * LaunchSeconds;

    /// <summary>Seconds without launches, if all of the accelerator is busy.</summary>
    public double UnderRoofs(in OperationWork work) =>
        Math.Max(work.Ops / OpsPerSecond, work.MemoryBytes / MemoryBytesPerSecond);

    public bool IsComputeBound(in OperationWork work) =>
        work.Ops / OpsPerSecond >= work.MemoryBytes / MemoryBytesPerSecond;

    public double AttainableOpsPerSecond(in OperationWork work) =>
        Math.Min(OpsPerSecond, work.Ops / work.MemoryBytes * MemoryBytesPerSecond);
}
