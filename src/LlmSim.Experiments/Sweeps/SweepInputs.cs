namespace LlmSim.Experiments.Sweeps;

/// <summary>The files that points read: each is read once, and all points share it.</summary>
/// <param name="cancellation">Stops reading.</param>
internal sealed class SweepInputs(CancellationToken cancellation = default)
{
    public CancellationToken Cancellation => cancellation;

    public TraceStore Traces { get; } = new(cancellation);

    public ProfileStore Profiles { get; } = new();

    public KernelStore Kernels { get; } = new();

    public OwnPerformanceStore Own { get; } = new();
}
