namespace LlmSim.Performance;

/// <summary>Bits per value of weights, activations and KV cache.</summary>
/// <param name="WeightBits">Bits of a weight: 4, 8, 16 or 32.</param>
/// <param name="ActivationBits">Bits of an activation: 4, 8, 16 or 32.</param>
/// <param name="KvBits">Bits of a value in the KV cache: 4, 8, 16 or 32.</param>
public sealed record Precision(int WeightBits = 16, int ActivationBits = 16, int KvBits = 16);
