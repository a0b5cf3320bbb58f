namespace LlmSim.Batching;

/// <content>Requests whose output has a grammar.</content>
internal sealed partial class BatchedInstance
{
    /// <summary>Requests whose grammar is being compiled, by number.</summary>
    private readonly Dictionary<long, SequenceState> _compiling = [];

    private long _compilations;

    /// <summary>Compiled grammars; null where structure costs nothing.</summary>
    public Grammars? Grammars { get; }

    /// <summary>Puts a request that has come aside, as long as its grammar is not there.</summary>
    /// <remarks>What comes to decode was computed where the grammar is; an engine that gets it compiles meanwhile.</remarks>
    private bool WaitsForGrammar(SequenceState sequence, bool comesToDecode)
    {
        if (comesToDecode || Grammars is null || sequence.Request.Schema is not { } schema)
        {
            return false;
        }

        var ready = Grammars.Ask(schema, _simulation.Now);
        if (ready == _simulation.Now)
        {
            return false;
        }

        _waiting.AddAside(sequence, _simulation.Now);
        _compiling.Add(++_compilations, sequence);
        _simulation.Schedule(ready, EventRanks.TransferFinish, OnCompiled, _compilations);
        return true;
    }

    private void OnCompiled(long number)
    {
        // It may have left meanwhile, or the instance may have failed.
        if (!_compiling.Remove(number, out var sequence) || !_waiting.IsAside(sequence))
        {
            return;
        }

        Settle();
        _waiting.ComeBack(sequence, _simulation.Now, _clock.HasBegunNow);
        ChangeWork();
        InterruptForArrival();
    }
}
