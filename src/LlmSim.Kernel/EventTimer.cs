namespace LlmSim.Kernel;

/// <summary>
/// The next event of something that has at most one to come. Setting it again moves the event, so that a plan that has changed
/// leaves nothing behind in the queue.
/// </summary>
internal sealed class EventTimer
{
    private readonly Simulation _simulation;
    private readonly EventRank _rank;
    private readonly int _slot;

    internal EventTimer(Simulation simulation, EventRank rank, int slot) =>
        (_simulation, _rank, _slot) = (simulation, rank, slot);

    /// <summary>
    /// Whether the place of the event among those of one instant and rank is that of the timer, in the order in which these were made and before
    /// all others. Then it is the same however often the timer was set.
    /// </summary>
    public bool KeepsPlace { get; set; }

    /// <summary>Plans the event, or moves it. Among events of one instant and rank its place is that of the last call, unless it keeps its own.</summary>
    /// <param name="at">When; not before <see cref="Simulation.Now" />.</param>
    public void Set(SimTime at)
    {
        if (KeepsPlace)
        {
            _simulation.SetTimerInPlace(_slot, at, _rank);
        }
        else
        {
            _simulation.SetTimer(_slot, at, _rank);
        }
    }

    /// <summary>Cancels the pending event, if there is one.</summary>
    public void Cancel() => _simulation.CancelTimer(_slot);
}
