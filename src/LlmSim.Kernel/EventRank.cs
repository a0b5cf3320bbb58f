namespace LlmSim.Kernel;

/// <summary>Orders events of different kinds that fall on the same nanosecond: lower ranks go first.</summary>
/// <param name="Value">0 to 255.</param>
internal readonly record struct EventRank(byte Value);
