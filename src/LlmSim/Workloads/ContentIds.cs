using LlmSim.Memory;

namespace LlmSim.Workloads;

/// <summary>Ids of the content of prompts. Those of different parts of a workload differ, as numbers of 64 bits that are drawn at random do.</summary>
internal readonly struct ContentIds
{
    private readonly ulong _scope;

    private ContentIds(ulong scope) => _scope = scope;

    /// <summary>Ids of a workload.</summary>
    /// <param name="seed">Tells workloads apart.</param>
    public static ContentIds Of(long seed) => new(PrefixKeys.Mix((ulong)seed));

    /// <summary>Ids of a part of it.</summary>
    public ContentIds Part(long number) => new(PrefixKeys.Mix(_scope ^ PrefixKeys.Mix((ulong)number)));

    /// <summary>One id.</summary>
    public long Id(long number) => (long)Part(number)._scope;
}
