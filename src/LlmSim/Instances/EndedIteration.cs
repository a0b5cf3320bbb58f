using LlmSim.Kernel;

namespace LlmSim.Instances;

/// <summary>An iteration of an instance, once it has ended.</summary>
/// <param name="Instance">Whose it was.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="PromptTokens">Tokens of prompts that it computed.</param>
/// <param name="Requests">Requests that were in it.</param>
internal readonly record struct EndedIteration(
    Instance Instance,
    SimTime Start,
    SimTime End,
    int PromptTokens,
    int Requests
);
