namespace LlmSim.Options;

/// <summary>
/// The named options in which the physically right model and the reference simulator differ. Each is set by its own
/// command-line option, so that one can see what it does to the results; <see cref="Standard" /> and
/// <see cref="Reference" /> are the two presets.
/// </summary>
public sealed record Semantics
{
    private Semantics() { }

    /// <summary>Name of the preset that this started from.</summary>
    public required string Preset { get; init; }

    /// <summary>Tokens read by decode attention.</summary>
    internal DecodeAttentionContext DecodeAttentionContext { get; init; }

    /// <summary>Attention under tensor parallelism.</summary>
    internal AttentionTensorParallelism AttentionTensorParallelism { get; init; }

    /// <summary>Degrees of tensor parallelism above the number of KV heads.</summary>
    internal KvHeadLimit KvHeadLimit { get; init; }

    /// <summary>Bytes written by fused attention.</summary>
    internal FlashOutput FlashOutput { get; init; }

    /// <summary>Pairs computed by fused attention in prefill.</summary>
    internal AttentionMask AttentionMask { get; init; }

    /// <summary>Cost of the projection to the vocabulary.</summary>
    internal LmHead LmHead { get; init; }

    /// <summary>Rate of arithmetic.</summary>
    internal ArithmeticRate ArithmeticRate { get; init; }

    /// <summary>Format of embedding and lm_head.</summary>
    internal EmbeddingFormat EmbeddingFormat { get; init; }

    /// <summary>Format of hidden states.</summary>
    internal HiddenStateFormat HiddenStateFormat { get; init; }

    /// <summary>Cost of tensor-parallel exchanges.</summary>
    internal TensorParallelCommunication TensorParallelCommunication { get; init; }

    /// <summary>KV bytes per token: <see cref="ReferenceKvBytesPerToken" /> or the model's.</summary>
    internal ModelBytes KvBytesPerToken { get; init; }

    /// <summary>Weights: <see cref="ReferenceParameters" /> or the model's.</summary>
    internal ModelBytes Weights { get; init; }

    /// <summary>Figures of accelerators.</summary>
    internal HardwareFigures HardwareFigures { get; init; }

    /// <summary>Memory for the KV cache.</summary>
    internal MemoryLimit MemoryLimit { get; init; }

    /// <summary>What happens when KV memory runs out.</summary>
    internal Saturation Saturation { get; init; }

    /// <summary>When a request may join the batch.</summary>
    internal Admission Admission { get; init; }

    /// <summary>Context lengths that an iteration is charged for.</summary>
    internal BatchPadding BatchPadding { get; init; }

    /// <summary>Who generates the first token.</summary>
    internal OutputTokens OutputTokens { get; init; }

    /// <summary>Who sends the first token.</summary>
    internal FirstToken FirstToken { get; init; }

    /// <summary>Definition of TPOT.</summary>
    internal TpotDefinition Tpot { get; init; }

    /// <summary>Speed of KV transfers.</summary>
    public required KvTransfer KvTransfer { get; init; }

    /// <summary>Seeding of random policies.</summary>
    internal RandomPolicies RandomPolicies { get; init; }

    /// <summary>Output lengths of synthetic workloads.</summary>
    internal SyntheticOutput SyntheticOutput { get; init; }

    /// <summary>Arrivals of a trace when no process is asked for.</summary>
    internal TraceArrivals TraceArrivals { get; init; }

    /// <summary>Queued work that lowest_load counts.</summary>
    internal QueuedWork QueuedWork { get; init; }

    /// <summary>The reference's KV bytes per token, whatever the model.</summary>
    internal const long ReferenceKvBytesPerToken = 516_096;

    /// <summary>The reference's parameter count, whatever the model.</summary>
    internal const long ReferenceParameters = 70_000_000_000;

    /// <summary>The reference's KV transfer bandwidth in bytes/s.</summary>
    internal const double ReferenceTransferBytesPerSecond = 1e9;

    /// <summary>Of the preset alone: few others meet, and a hash of every option has code compiled for each at every start.</summary>
    public override int GetHashCode() => Preset.GetHashCode(StringComparison.Ordinal);

    /// <summary>The physically right model: the default.</summary>
    public static Semantics Standard { get; } =
        new()
        {
            Preset = "standard",
            DecodeAttentionContext = DecodeAttentionContext.Full,
            AttentionTensorParallelism = AttentionTensorParallelism.Divided,
            KvHeadLimit = KvHeadLimit.Copied,
            FlashOutput = FlashOutput.Output,
            AttentionMask = AttentionMask.Causal,
            LmHead = LmHead.Full,
            ArithmeticRate = ArithmeticRate.Operands,
            EmbeddingFormat = EmbeddingFormat.Own,
            HiddenStateFormat = HiddenStateFormat.Own,
            TensorParallelCommunication = TensorParallelCommunication.AllReduce,
            KvBytesPerToken = ModelBytes.Model,
            Weights = ModelBytes.Model,
            HardwareFigures = HardwareFigures.Catalog,
            MemoryLimit = MemoryLimit.TensorParallelGroup,
            Saturation = Saturation.PreemptNewest,
            Admission = Admission.Strict,
            BatchPadding = BatchPadding.Own,
            OutputTokens = OutputTokens.FirstFromPrefill,
            FirstToken = FirstToken.Engines,
            Tpot = TpotDefinition.BetweenTokens,
            KvTransfer = KvTransfer.SharedLink,
            RandomPolicies = RandomPolicies.Seeded,
            SyntheticOutput = SyntheticOutput.Distribution,
            TraceArrivals = TraceArrivals.OwnTimes,
            QueuedWork = QueuedWork.All,
        };

    /// <summary>The reference simulator, quirks included.</summary>
    public static Semantics Reference { get; } =
        new()
        {
            Preset = "reference",
            DecodeAttentionContext = DecodeAttentionContext.One,
            AttentionTensorParallelism = AttentionTensorParallelism.Replicated,
            KvHeadLimit = KvHeadLimit.Divided,
            FlashOutput = FlashOutput.ScoreMatrix,
            AttentionMask = AttentionMask.Full,
            LmHead = LmHead.SingleOps,
            ArithmeticRate = ArithmeticRate.Widest,
            EmbeddingFormat = EmbeddingFormat.Layers,
            HiddenStateFormat = HiddenStateFormat.Activations,
            TensorParallelCommunication = TensorParallelCommunication.Free,
            KvBytesPerToken = ModelBytes.Fixed,
            Weights = ModelBytes.Fixed,
            HardwareFigures = HardwareFigures.Reference,
            MemoryLimit = MemoryLimit.OneGpu,
            Saturation = Saturation.EvictAll,
            Admission = Admission.Overshoot,
            BatchPadding = BatchPadding.Longest,
            OutputTokens = OutputTokens.AllFromDecode,
            FirstToken = FirstToken.Prefill,
            Tpot = TpotDefinition.SinceTransfer,
            KvTransfer = KvTransfer.Independent,
            RandomPolicies = RandomPolicies.Unseeded,
            SyntheticOutput = SyntheticOutput.FromInput,
            TraceArrivals = TraceArrivals.Poisson,
            QueuedWork = QueuedWork.Shorter,
        };
}
