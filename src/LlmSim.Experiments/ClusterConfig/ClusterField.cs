using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>A field of a cluster file. Its reader, its JSON Schema, <c>llmsim help</c> and the reference page all go by it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it takes.</param>
/// <param name="Default">What holds without it, in words; null where it must be given.</param>
/// <param name="Summary">One line: what it is.</param>
internal abstract record ClusterField(string Name, ClusterValue Value, string? Default, string Summary)
{
    /// <summary>The only kind of engine that reads it; null for all.</summary>
    public EngineKind? ReadBy { get; init; }
}

/// <summary>A field of an object that becomes a <typeparamref name="T" />.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it takes.</param>
/// <param name="Default">What holds without it, in words; null where it must be given.</param>
/// <param name="Summary">One line: what it is.</param>
/// <param name="With">The object with a value of it.</param>
internal sealed record ClusterField<T>(
    string Name,
    ClusterValue Value,
    string? Default,
    string Summary,
    Func<T, object, T> With
) : ClusterField(Name, Value, Default, Summary);
