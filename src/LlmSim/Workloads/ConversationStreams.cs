using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>The streams of random numbers of one conversation: none of its parts shifts another, nor another conversation.</summary>
internal readonly record struct ConversationStreams(long Seed, string Source, long Number)
{
    public RandomStream this[string name] =>
        new(Seed, FormattableString.Invariant($"{Source} {Number} {name}"));
}
