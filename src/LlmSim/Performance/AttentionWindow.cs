namespace LlmSim.Performance;

/// <summary>Layers that see the last tokens of a context only, or the tokens of one chunk.</summary>
/// <param name="Field">Field of the config that says so.</param>
/// <param name="Tokens">Tokens that they see.</param>
/// <param name="Layers">How many layers.</param>
public sealed record AttentionWindow(string Field, int Tokens, int Layers);
