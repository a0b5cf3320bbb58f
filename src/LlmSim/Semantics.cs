namespace LlmSim;

/// <summary>
/// The named options in which the physically right model and the reference simulator differ. Each is set by its own
/// command-line option, so that one can see what it does to the results; <see cref="Standard" /> and
/// <see cref="Reference" /> are the two presets.
/// </summary>
public sealed record Semantics
{
    /// <summary>Name of the preset that this started from.</summary>
    public required string Preset { get; init; }

    /// <summary>Tokens read by decode attention.</summary>
    public required DecodeAttentionContext DecodeAttentionContext { get; init; }

    /// <summary>Attention under tensor parallelism.</summary>
    public required AttentionTensorParallelism AttentionTensorParallelism { get; init; }

    /// <summary>Degrees of tensor parallelism above the number of KV heads.</summary>
    public required KvHeadLimit KvHeadLimit { get; init; }

    /// <summary>Bytes written by fused attention.</summary>
    public required FlashOutput FlashOutput { get; init; }

    /// <summary>Pairs computed by fused attention in prefill.</summary>
    public required AttentionMask AttentionMask { get; init; }

    /// <summary>Cost of the projection to the vocabulary.</summary>
    public required LmHead LmHead { get; init; }

    /// <summary>Rate of arithmetic.</summary>
    public required ArithmeticRate ArithmeticRate { get; init; }

    /// <summary>Format of embedding and lm_head.</summary>
    public required EmbeddingFormat EmbeddingFormat { get; init; }

    /// <summary>Format of hidden states.</summary>
    public required HiddenStateFormat HiddenStateFormat { get; init; }

    /// <summary>Cost of tensor-parallel exchanges.</summary>
    public required TensorParallelCommunication TensorParallelCommunication { get; init; }

    /// <summary>KV bytes per token: <see cref="ReferenceKvBytesPerToken" /> or the model's.</summary>
    public required ModelBytes KvBytesPerToken { get; init; }

    /// <summary>Weights: <see cref="ReferenceParameters" /> or the model's.</summary>
    public required ModelBytes Weights { get; init; }

    /// <summary>Figures of accelerators.</summary>
    public required HardwareFigures HardwareFigures { get; init; }

    /// <summary>Memory for the KV cache.</summary>
    public required MemoryLimit MemoryLimit { get; init; }

    /// <summary>What happens when KV memory runs out.</summary>
    public required Saturation Saturation { get; init; }

    /// <summary>When a request may join the batch.</summary>
    public required Admission Admission { get; init; }

    /// <summary>Context lengths that an iteration is charged for.</summary>
    public required BatchPadding BatchPadding { get; init; }

    /// <summary>Who generates the first token.</summary>
    public required OutputTokens OutputTokens { get; init; }

    /// <summary>Definition of TPOT.</summary>
    public required TpotDefinition Tpot { get; init; }

    /// <summary>Speed of KV transfers.</summary>
    public required KvTransfer KvTransfer { get; init; }

    /// <summary>Seeding of random policies.</summary>
    public required RandomPolicies RandomPolicies { get; init; }

    /// <summary>Output lengths of synthetic workloads.</summary>
    public required SyntheticOutput SyntheticOutput { get; init; }

    /// <summary>Arrivals of a trace when no process is asked for.</summary>
    public required TraceArrivals TraceArrivals { get; init; }

    /// <summary>Queued work that lowest_load counts.</summary>
    public required QueuedWork QueuedWork { get; init; }

    /// <summary>The reference's KV bytes per token, whatever the model.</summary>
    public const long ReferenceKvBytesPerToken = 516_096;

    /// <summary>The reference's parameter count, whatever the model.</summary>
    public const long ReferenceParameters = 70_000_000_000;

    /// <summary>The reference's KV transfer bandwidth in bytes/s.</summary>
    public const double ReferenceTransferBytesPerSecond = 1e9;

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
            Tpot = TpotDefinition.SinceTransfer,
            KvTransfer = KvTransfer.Independent,
            RandomPolicies = RandomPolicies.Unseeded,
            SyntheticOutput = SyntheticOutput.FromInput,
            TraceArrivals = TraceArrivals.Poisson,
            QueuedWork = QueuedWork.Shorter,
        };
}
