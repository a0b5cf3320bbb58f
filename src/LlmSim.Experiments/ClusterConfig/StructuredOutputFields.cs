using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>The fields of the object <c>structured_output</c> of an engine.</summary>
internal static class StructuredOutputFields
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ClusterField<StructuredOutputSpec>> All { get; } =
    [
        new(
            "mask_seconds",
            new ClusterValue.Number(EngineOverheads.Range),
            null,
            "seconds for the mask of one token of one request with a grammar",
            (one, value) => one with { MaskSeconds = (double)value }
        ),
        new(
            "iteration_seconds",
            new ClusterValue.Number(EngineOverheads.Range),
            "0",
            "what an iteration with such requests takes beside their masks",
            (one, value) => one with { IterationSeconds = (double)value }
        ),
        new(
            "compile_seconds",
            new ClusterValue.Number(FigureRanges.Seconds),
            "0",
            "to compile a grammar that the engine does not have yet, before its first request is computed",
            (one, value) => one with { CompileSeconds = (double)value }
        ),
        new(
            "overlap",
            new ClusterValue.Flag(),
            "true",
            "whether masks are made while the accelerators compute: only what takes longer counts",
            (one, value) => one with { Overlaps = (bool)value }
        ),
    ];
}
