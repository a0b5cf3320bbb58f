namespace LlmSim.Metrics;

/// <summary>Where an instance is in its life.</summary>
public enum InstanceState
{
    /// <summary>It takes requests.</summary>
    Ready,

    /// <summary>It loads its weights and starts its engine.</summary>
    Starting,

    /// <summary>It takes no new requests, and ends those that it has.</summary>
    Draining,

    /// <summary>It is off.</summary>
    Stopped,

    /// <summary>It has failed, and is being repaired.</summary>
    Failed,
}
