using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Planning;

/// <summary>
/// The least that a workload asks of accelerators: operations and bytes of the mean request over the data sheet's peaks. What has less can
/// never carry the load, and is not simulated.
/// </summary>
/// <param name="RequestsPerSecond">Arrivals.</param>
/// <param name="PrefillOps">Operations of the linear layers for the prompt of a mean request.</param>
/// <param name="DecodeOps">The same for its output tokens but the first.</param>
/// <param name="DecodeBytes">KV bytes that these tokens read.</param>
internal sealed record LoadBound(
    double RequestsPerSecond,
    double PrefillOps,
    double DecodeOps,
    double DecodeBytes
)
{
    /// <summary>Tokens of the blocks that prompts have in common; null where they have none.</summary>
    public int? SharedBlockTokens { get; private init; }

    /// <summary>Where outputs of one token and shared prompts leave no bound.</summary>
    private const double MostRequests = 1e5;

    private const double TwoOperationsPerWeight = 2;

    /// <summary>The load of a workload.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precisions">Its formats, those of all that may be bought.</param>
    /// <param name="requests">Some requests of the workload, at least one.</param>
    /// <param name="requestsPerSecond">Their rate.</param>
    public static LoadBound Of(
        ModelDescription model,
        IEnumerable<Precision> precisions,
        IReadOnlyCollection<RequestSpec> requests,
        double requestsPerSecond
    )
    {
        // A prompt that may be found in a KV cache need not be computed.
        var sharing = requests.Where(request => request.HashIds is { Length: > 0 }).ToArray();
        // Lookups of embeddings are no products; layers with a window read less than a context.
        var weights = model.ActiveParameters - (2.0 * model.VocabularySize * model.HiddenSize);
        var opsPerToken = TwoOperationsPerWeight * Math.Max(0, weights);
        var isWhole = model.AttentionGroups.All(group => group.Window is null);
        var kvBytesPerToken = isWhole ? precisions.Min(precision => model.KvBytesPerToken(precision)) : 0;
        return new LoadBound(
            requestsPerSecond,
            sharing.Length > 0 ? 0 : opsPerToken * requests.Average(request => (double)request.InputTokens),
            opsPerToken * requests.Average(request => request.OutputTokens - 1.0),
            kvBytesPerToken
                * requests.Average(request =>
                    (request.OutputTokens - 1.0) * (request.InputTokens + (request.OutputTokens / 2.0))
                )
        )
        {
            SharedBlockTokens = sharing is [var first, ..] ? first.HashBlockTokens : null,
        };
    }

    /// <summary>The least instances of a shape that both prefill and decode.</summary>
    public int Mixed(InstanceShape shape) => Instances(shape.Layout, PrefillOps + DecodeOps, DecodeBytes);

    /// <summary>The least that prefill.</summary>
    public int Prefill(InstanceShape shape) => Instances(shape.Layout, PrefillOps, bytes: 0);

    /// <summary>The least that decode.</summary>
    public int Decode(InstanceShape shape) => Instances(shape.DecodeLayout!, DecodeOps, DecodeBytes);

    /// <summary>No candidate carries more requests a second.</summary>
    public double MostRequestsPerSecond(Candidate candidate)
    {
        var (shape, size) = (candidate.Shape, candidate.Size);
        var most = shape.DecodeLayout is { } decode
            ? Math.Min(
                size.Prefill / Seconds(shape.Layout, PrefillOps, bytes: 0),
                size.Decode / Seconds(decode, DecodeOps, DecodeBytes)
            )
            : size.Mixed / Seconds(shape.Layout, PrefillOps + DecodeOps, DecodeBytes);
        return Math.Min(most, MostRequests);
    }

    private int Instances(InstanceLayout layout, double ops, double bytes) =>
        Math.Max(
            1,
            (int)Math.Min(int.MaxValue, Math.Ceiling(Seconds(layout, ops, bytes) * RequestsPerSecond))
        );

    /// <summary>The least seconds of an instance for a mean request.</summary>
    private static double Seconds(InstanceLayout layout, double ops, double bytes)
    {
        var hardware = layout.Hardware;
        var opsPerSecond = new[]
        {
            hardware.Fp16OpsPerSecond,
            hardware.Int8OpsPerSecond,
            hardware.Fp8OpsPerSecond ?? 0,
            hardware.Fp4OpsPerSecond ?? 0,
        }.Max();
        return Math.Max(ops / opsPerSecond, bytes / hardware.MemoryBytesPerSecond) / layout.Accelerators;
    }
}
