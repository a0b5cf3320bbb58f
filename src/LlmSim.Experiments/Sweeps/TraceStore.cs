using LlmSim.Experiments.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The traces of a sweep: each is read once, and all its runs share the one array.</summary>
internal sealed class TraceStore(CancellationToken cancellation = default)
{
    private readonly Dictionary<Key, Trace> _traces = [];

    /// <summary>The trace of a configuration; null when it has none.</summary>
    /// <param name="configuration">Names the trace.</param>
    /// <param name="readHashIds">Whether the content of the prompts is asked for.</param>
    /// <exception cref="UserErrorException">The file is wrong.</exception>
    public Trace? Get(RunConfiguration configuration, bool readHashIds)
    {
        if (configuration.TracePath is not { } path)
        {
            return null;
        }

        var options = configuration.TraceOptions;
        var key = new Key(
            path,
            configuration.RequestSource,
            options,
            options.Jitter ? configuration.Seed : null,
            readHashIds,
            readHashIds ? configuration.TraceBlockSize : null,
            configuration.Variation
        );
        if (!_traces.TryGetValue(key, out var trace))
        {
            trace = Read(path, configuration, readHashIds);
            _traces.Add(key, trace);
        }

        return trace;
    }

    private Trace Read(string path, RunConfiguration configuration, bool readHashIds)
    {
        var options = Experiment.CreateWorkload(configuration) with { ReadHashIds = readHashIds };
        var parsed = options.ParseTrace(cancellation);
        var name =
            configuration.TraceOptions == new TraceOptions()
                ? path
                : $"{path} by {configuration.TraceOptions}";
        name = configuration.Variation is { } variation ? $"{name} as {variation}" : name;
        return new Trace(parsed, InputFingerprint.OfTrace(name, readHashIds, parsed.Requests.Span));
    }

    /// <summary>A trace and what identifies it.</summary>
    internal sealed record Trace(ParsedTrace Parsed, InputFingerprint Fingerprint);

    /// <summary>What decides the requests of a trace.</summary>
    private sealed record Key(
        string Path,
        string RequestSource,
        TraceOptions Options,
        long? Seed,
        bool ReadHashIds,
        int? HashBlockTokens,
        WorkloadVariation? Variation
    );
}
