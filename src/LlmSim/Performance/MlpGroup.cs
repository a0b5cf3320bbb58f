namespace LlmSim.Performance;

/// <summary>Layers whose MLP has the same width.</summary>
/// <param name="Layers">How many layers.</param>
/// <param name="Width">Width of the MLP.</param>
public readonly record struct MlpGroup(int Layers, int Width);
