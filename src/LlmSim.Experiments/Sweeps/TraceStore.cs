using LlmSim.Workloads;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The traces of a sweep: each is read once, and all its runs share the one array.</summary>
internal sealed class TraceStore(CancellationToken cancellation = default)
{
    private readonly Dictionary<(string Path, string Source, int? HashBlockTokens), Trace> _traces = [];

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

        var key = (
            path,
            configuration.RequestSource,
            readHashIds ? configuration.TraceBlockSize : (int?)null
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
        // As the trace has them: all requests, at their own times.
        var options = Experiment.CreateWorkload(configuration) with
        {
            RequestCount = int.MaxValue,
            Arrivals = ArrivalProcess.Trace,
            ReadHashIds = readHashIds,
        };
        var requests = options
            .ToRequests()
            .Select(request =>
            {
                cancellation.ThrowIfCancellationRequested();
                return request;
            })
            .ToArray();
        return new Trace(requests, InputFingerprint.OfTrace(path, readHashIds, requests));
    }

    /// <summary>The requests of a trace and what identifies them.</summary>
    internal sealed record Trace(ReadOnlyMemory<RequestSpec> Requests, InputFingerprint Fingerprint);
}
