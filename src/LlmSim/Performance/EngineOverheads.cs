using LlmSim.Kernel;

namespace LlmSim.Performance;

/// <summary>
/// What an engine takes beside its kernels, in seconds, 0 or more: gaps between kernels, scheduling, sampling, and the launches of iterations
/// that are not replayed from a graph. It belongs to an engine, its version and its host, not to the accelerator.
/// </summary>
public sealed record EngineOverheads
{
    /// <summary>Nothing beside the kernels.</summary>
    public static EngineOverheads None { get; } = new();

    /// <summary>Seconds of each iteration (iteration_seconds).</summary>
    public double IterationSeconds { get; init; }

    /// <summary>Seconds of each layer in an iteration: gaps between its kernels (layer_seconds).</summary>
    public double LayerSeconds { get; init; }

    /// <summary>Seconds of each request in an iteration: scheduling, sampling, answers (sequence_seconds).</summary>
    public double SequenceSeconds { get; init; }

    /// <summary>Seconds of each chunk of a prompt in an iteration, beside those of a request (prompt_seconds).</summary>
    public double PromptSeconds { get; init; }

    /// <summary>
    /// Seconds that the host needs to launch the kernels of a dense layer one by one (eager_layer_seconds). An iteration with a part of a prompt
    /// is launched so, and takes no less. A layer with experts has about twice the kernels, one with latent attention three times.
    /// </summary>
    public double EagerLayerSeconds { get; init; }

    /// <summary>
    /// Seconds of each request from its sending until the engine may schedule it: reading, tokenizing, answering (request_seconds). They are part
    /// of TTFT, of no iteration.
    /// </summary>
    public double RequestSeconds { get; init; }

    /// <summary>A time of more than a second is not believed.</summary>
    internal static FigureRange Range { get; } = new(0, 1, "s");

    /// <summary>Seconds of an iteration whose kernels take so long.</summary>
    /// <param name="batch">The iteration.</param>
    /// <param name="kernelSeconds">Seconds of its kernels.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="launches">Kernels of a layer in multiples of those of a dense one; 0 where the iteration is replayed from a graph.</param>
    public double Seconds(in IterationBatch batch, double kernelSeconds, int layers, int launches)
    {
        var seconds = kernelSeconds + LayerSeconds * layers;
        if (batch.PrefillRequests > 0)
        {
            seconds = Math.Max(seconds, EagerLayerSeconds * launches * layers);
        }

        return seconds
            + IterationSeconds
            + SequenceSeconds * batch.Requests
            + PromptSeconds * batch.PrefillRequests;
    }

    /// <summary>Kernels of a layer of a model in multiples of those of a dense one.</summary>
    internal static int LaunchesOf(ModelDescription model) =>
        model.LatentAttention is not null ? 3
        : model.MixtureOfExperts is not null ? 2
        : 1;

    /// <summary>Fails at a time that is negative or beyond a second.</summary>
    internal void Require()
    {
        double[] all =
        [
            IterationSeconds,
            LayerSeconds,
            SequenceSeconds,
            PromptSeconds,
            EagerLayerSeconds,
            RequestSeconds,
        ];
        foreach (var seconds in all)
        {
            Invariant.Require(Range.Contains(seconds), $"an engine takes {seconds} s beside its kernels");
        }
    }
}
