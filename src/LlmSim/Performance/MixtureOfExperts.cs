namespace LlmSim.Performance;

/// <summary>The experts in the place of the MLP: a router sends each token to a few of them.</summary>
public sealed record MixtureOfExperts
{
    /// <summary>Routed experts E of a layer.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts k that a token is sent to.</summary>
    public required int ExpertsPerToken { get; init; }

    /// <summary>Width of an expert's MLP.</summary>
    public required int ExpertIntermediateSize { get; init; }

    /// <summary>Width of the MLP that every token passes beside its experts; 0 without shared experts.</summary>
    public int SharedIntermediateSize { get; init; }

    /// <summary>Width of the space in which the experts work, between two projections; null for the hidden size.</summary>
    public int? LatentSize { get; init; }

    /// <summary>Whether the MLPs of the experts have a gate: three matrices, not two.</summary>
    public bool Gated { get; init; } = true;

    /// <summary>Matrices of an expert.</summary>
    internal int Matrices => Gated ? 3 : 2;

    /// <summary>Parameters of a routed expert, biases apart.</summary>
    internal long ParametersPerExpert(int hiddenSize) =>
        (long)Matrices * (LatentSize ?? hiddenSize) * ExpertIntermediateSize;

    /// <summary>Layers of the model that have no experts.</summary>
    public int DenseLayers { get; init; }

    /// <summary>
    /// Expected number of distinct experts that so many tokens are sent to, if each chooses k of the E at random:
    /// E · (1 − (1 − k/E)^tokens).
    /// </summary>
    public double ExpectedExperts(double tokens) =>
        Experts * (1 - Math.Pow(1 - (double)ExpertsPerToken / Experts, tokens));
}
