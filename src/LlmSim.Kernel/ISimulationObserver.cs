namespace LlmSim.Kernel;

/// <summary>Observes a simulation while it runs. It must not change anything or schedule events, and is not an event itself.</summary>
internal interface ISimulationObserver
{
    /// <summary>The next instant to observe; <see cref="SimTime.MaxValue" /> for none. It never decreases.</summary>
    SimTime NextInstant { get; }

    /// <summary>
    /// The clock stands at <see cref="NextInstant" />, every event at or before it has been handled, and none after it.
    /// Moves <see cref="NextInstant" /> on.
    /// </summary>
    void AtInstant();

    /// <summary>An event has been handled.</summary>
    void AfterEvent();
}
