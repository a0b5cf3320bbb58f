namespace LlmSim.Performance;

/// <summary>
/// What output of a given structure costs an engine: before each token of such a request its processor works out which tokens the grammar allows, and a grammar is compiled
/// before the first one.
/// </summary>
public sealed record StructuredOutputSpec
{
    /// <summary>Seconds for the mask of one token of one request, at least 0 (mask_seconds).</summary>
    public required double MaskSeconds { get; init; }

    /// <summary>Seconds of an iteration with such requests beside their masks, at least 0 (iteration_seconds).</summary>
    public double IterationSeconds { get; init; }

    /// <summary>Seconds to compile a grammar that the engine does not have yet, at least 0 (compile_seconds).</summary>
    public double CompileSeconds { get; init; }

    /// <summary>Whether masks are made while the accelerators compute (overlap), so that only what takes longer than these counts.</summary>
    public bool Overlaps { get; init; } = true;
}
