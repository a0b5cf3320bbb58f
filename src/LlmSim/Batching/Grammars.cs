using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>Compiled grammars of an engine, which stay: each is compiled for the first request that asks for it, and others that come meanwhile wait for the same end.</summary>
/// <remarks>
/// vllm/v1/structured_output/__init__.py, StructuredOutputManager.grammar_init: threads compile beside the iterations, and the scheduler passes over requests whose grammar is not
/// there yet.
/// </remarks>
/// <param name="spec">What they cost.</param>
internal sealed class Grammars(StructuredOutputSpec spec)
{
    private readonly Dictionary<string, SimTime> _ready = new(StringComparer.Ordinal);

    /// <summary>Requests that have asked for one.</summary>
    public long Requests { get; private set; }

    /// <summary>Grammars that were compiled.</summary>
    public long Compilations { get; private set; }

    /// <summary>Seconds that requests wait for theirs.</summary>
    public double WaitSeconds { get; private set; }

    /// <summary>When the grammar of a request that comes now is there.</summary>
    public SimTime Ask(string schema, SimTime now)
    {
        Requests++;
        if (!_ready.TryGetValue(schema, out var ready))
        {
            Compilations++;
            ready = now + SimTime.FromSeconds(spec.CompileSeconds);
            _ready.Add(schema, ready);
        }

        ready = ready > now ? ready : now;
        WaitSeconds += (ready - now).Seconds;
        return ready;
    }

    /// <summary>The instance has failed: nothing is here any more.</summary>
    public void Clear() => _ready.Clear();
}
