namespace LlmSim.Engine;

/// <summary>Looks at a simulation while it runs. It must change nothing, schedule nothing, and is no event itself.</summary>
public interface ISimulationObserver
{
    /// <summary>The next instant to look at; <see cref="SimTime.MaxValue" /> for none. It never goes back.</summary>
    SimTime NextInstant { get; }

    /// <summary>
    /// The clock stands at <see cref="NextInstant" />, every event at or before it has been handled, and none after it.
    /// Moves <see cref="NextInstant" /> on.
    /// </summary>
    void AtInstant();

    /// <summary>An event has been handled.</summary>
    void AfterEvent();
}
