namespace LlmSim.Metrics;

/// <summary>Counts what happens between the first and the last arrival of a run, whose last arrival is not known until its end.</summary>
internal struct WindowCount
{
    private long _total;
    private long? _atFirst;
    private long _atLast;

    /// <summary>What was counted in the window.</summary>
    public readonly long Count => _atLast - (_atFirst ?? 0);

    public void Add(long count) => _total += count;

    /// <summary>A request arrives that opens the window, or makes it longer.</summary>
    public void Extend()
    {
        _atFirst ??= _total;
        _atLast = _total;
    }
}
