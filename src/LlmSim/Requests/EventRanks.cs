using LlmSim.Kernel;

namespace LlmSim.Requests;

/// <summary>The order of events that fall on the same nanosecond.</summary>
internal static class EventRanks
{
    /// <summary>First: a decision taken at this instant sees every request that has arrived by then.</summary>
    public static readonly EventRank Arrival = new(0);

    /// <summary>Before transfers end: what arrives exactly at a boundary waits for the next one.</summary>
    public static readonly EventRank DecodeBoundary = new(1);

    /// <summary>Before prefills end: a link is free again before the next transfer asks for it.</summary>
    public static readonly EventRank TransferFinish = new(2);

    /// <summary>Before batched iterations: what a prefill sends at this instant can be there.</summary>
    public static readonly EventRank PrefillFinish = new(3);

    /// <summary>Iterations of a prefill instance, before those of the instances that it sends to.</summary>
    public static readonly EventRank PrefillIterationEnd = new(4);

    /// <summary>Last: an iteration that begins at this instant sees everything that has come by then.</summary>
    public static readonly EventRank IterationEnd = new(5);

    /// <summary>After all that: a token that comes as a client gives up, or as an instance fails, has come.</summary>
    public static readonly EventRank Disturbance = new(6);
}
