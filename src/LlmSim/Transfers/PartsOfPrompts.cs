using LlmSim.Kernel;

namespace LlmSim.Transfers;

/// <summary>A part of a prompt that an instance computes.</summary>
/// <param name="From">Tokens before it whose KV cache is there.</param>
/// <param name="Tokens">Tokens of the part.</param>
/// <param name="End">When it will have been computed.</param>
internal readonly record struct PlannedPart(int From, int Tokens, SimTime End);

/// <summary>Told of the parts of prompts, so that their KV cache leaves before the whole of it has been computed.</summary>
/// <param name="OnPlanned">A part is being computed.</param>
/// <param name="OnComputed">So many tokens of a prompt have been computed, and others are to follow.</param>
/// <param name="OnLost">What has been computed of a prompt is lost.</param>
internal sealed record PartsOfPrompts(
    Action<Request, PlannedPart> OnPlanned,
    Action<Request, int> OnComputed,
    Action<Request> OnLost
);
