namespace LlmSim.Engine;

/// <summary>Something that an event happens to. Handlers are long-lived, so scheduling allocates nothing.</summary>
public interface IEventHandler
{
    /// <summary>Called when the clock has reached the event's time.</summary>
    /// <param name="argument">The number given at scheduling; its meaning is the handler's own.</param>
    void Handle(long argument);
}
