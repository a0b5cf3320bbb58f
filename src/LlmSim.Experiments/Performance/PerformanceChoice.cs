using LlmSim.Performance;

namespace LlmSim.Experiments.Performance;

/// <summary>What gives an instance its times.</summary>
/// <param name="Model">The performance model.</param>
/// <param name="Tier">What it rests on.</param>
/// <param name="Source">Where its figures come from, in words.</param>
internal sealed record PerformanceChoice(IPerformanceModel Model, PredictionTier Tier, string Source)
{
    /// <summary>Why there is nothing better; null where nothing better was looked for, or this is the best.</summary>
    public string? Notice { get; init; }

    /// <summary>Seconds that the engine takes for a request before it may schedule it.</summary>
    public double RequestSeconds { get; init; }

    /// <summary>The same with one notice more.</summary>
    public PerformanceChoice With(string notice) =>
        this with
        {
            Notice = Notice is null ? notice : $"{Notice}; {notice}",
        };

    /// <summary>The same with the notice that its errors are not of what the user put in the place of the simulator's own.</summary>
    public PerformanceChoice NotOf(string own) =>
        With($"the errors are those of the figures that come with the simulator, not of {own}");
}
