using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>The result of one load test, as its file has it.</summary>
internal sealed record BenchResult
{
    /// <summary>The file, with the number of the result where it has several.</summary>
    public required string Id { get; init; }

    /// <summary>"vllm_bench", "aiperf" or "genai_perf".</summary>
    public required string Tool { get; init; }

    /// <summary>The model as the file names it; null when it does not.</summary>
    public required string? Model { get; init; }

    /// <summary>What was sent.</summary>
    public required BenchLoad Load { get; init; }

    /// <summary>Measured seconds by metric.</summary>
    public required IReadOnlyDictionary<string, double> Measured { get; init; }

    /// <summary>What else the reader should know.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Why it should not be believed; null for no reason known.</summary>
    public string? Doubt { get; init; }

    /// <summary>Why it cannot be simulated; null when it can.</summary>
    public NotExpressibleException? Obstacle { get; init; }
}
