using LlmSim.Kernel;

namespace LlmSim.Fleets;

/// <summary>What a fleet asks of its cluster.</summary>
internal interface IFleetOwner
{
    /// <summary>Whether requests are in the cluster, or may still come.</summary>
    bool HasWork { get; }

    /// <summary>Whether an instance has nothing to do, and nothing is on its way to it.</summary>
    bool IsEmpty(Instance instance);

    /// <summary>Requests of an instance that drains go elsewhere, with their KV cache.</summary>
    void MoveOut(Instance instance);

    /// <summary>All that is on these instances is lost.</summary>
    void Lose(IReadOnlyList<Instance> instances);

    /// <summary>Which instances are ready has changed.</summary>
    void OnReadinessChanged();

    /// <summary>The link of an instance has so many times the bandwidth that it has without faults.</summary>
    void ScaleLink(Instance instance, double factor);

    /// <summary>What has arrived and ended so far.</summary>
    LoadCounts Counts { get; }

    /// <summary>The same of the requests for a model.</summary>
    LoadCounts CountsOf(string? model);

    /// <summary>Since when the first of the requests for a model waits for an instance to prefill or to decode it; null where none does.</summary>
    SimTime? OldestWait(string side, string? model);

    /// <summary>Requests that wait for any instance to be ready.</summary>
    int Waiting();

    /// <summary>Those for a model that wait for an instance of a stage.</summary>
    int Waiting(string stage, string? model);
}

/// <summary>Instances that can take each other's requests.</summary>
internal readonly record struct FleetGroup(string Stage, string? Model)
{
    /// <summary>Under which an <see cref="AutoscalePlan" /> has their policy.</summary>
    public string PolicyKey => Model is null ? Stage : $"{Stage} {Model}";

    public override string ToString() =>
        Model is null ? $"{Stage} instances" : $"{Stage} instances of {Model}";
}
