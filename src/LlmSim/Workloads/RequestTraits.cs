namespace LlmSim.Workloads;

/// <summary>What few requests have beside lengths, in one object: each step of a workload copies a request.</summary>
internal sealed record RequestTraits
{
    /// <summary>Nothing.</summary>
    public static RequestTraits None { get; } = new();

    /// <summary>Name of the adapter that it asks for; null for the model as it is.</summary>
    public string? Adapter { get; init; }

    /// <summary>Name of the grammar of its output; null for any output.</summary>
    public string? Schema { get; init; }

    /// <summary>Tokens of its output that are thought and not answer.</summary>
    public int ThinkingTokens { get; init; }

    /// <summary>Pictures, then videos, then recordings, behind the text of its prompt; null for none.</summary>
    public IReadOnlyList<MediaItem>? Media { get; init; }

    /// <summary>The same; null where there is nothing in it.</summary>
    public RequestTraits? OrNull => this == None ? null : this;
}
