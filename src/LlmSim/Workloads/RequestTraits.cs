namespace LlmSim.Workloads;

/// <summary>What few requests have beside lengths, in one object: each step of a workload copies a request.</summary>
internal sealed record RequestTraits
{
    private static readonly RequestTraits s_none = new();

    /// <summary>Name of the adapter that it asks for; null for the model as it is.</summary>
    public string? Adapter { get; init; }

    /// <summary>The same; null where there is nothing in it.</summary>
    public RequestTraits? OrNull => this == s_none ? null : this;
}
