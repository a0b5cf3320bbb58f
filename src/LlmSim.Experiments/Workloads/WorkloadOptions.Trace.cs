using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <content>Requests from a trace.</content>
internal sealed partial record WorkloadOptions
{
    /// <summary>Reads the whole file of the trace, at its own times.</summary>
    /// <exception cref="UserErrorException">The file is wrong.</exception>
    internal ParsedTrace ParseTrace(CancellationToken cancellation = default)
    {
        using var stream = InputFile.OpenRows(TracePath!);
        using var trace = OpenTrace(stream, TracePath!);
        var requests = Varied(Requests(trace, TracePath!))
            .Select(request =>
            {
                cancellation.ThrowIfCancellationRequested();
                return request;
            })
            .ToArray();
        return new ParsedTrace(
            requests,
            trace.Facts,
            HashBlockTokens ?? trace.HashBlockTokens,
            Trace.TimeScale
        );
    }

    private IEnumerable<RequestSpec> FromTrace(Action<WorkloadFacts>? onKnown)
    {
        if (TracePath is not { } path)
        {
            throw new UserErrorException(
                $"request_source: {Trace.Format ?? RequestSources.Name(RequestSource.Trace)} reads a trace; give its file "
                    + $"with trace_path, or choose {RequestSources.Name(RequestSource.Conversation)}, which needs none"
            );
        }

        if (MaxLen is not null)
        {
            throw new UserErrorException(
                "max_len: prompts of a trace stay as they are; allowed with synthetic sources only"
            );
        }

        if (ParsedTrace is { } parsed)
        {
            var arrivals = ChooseArrivals(path, parsed.Facts.SpanSeconds is not null);
            onKnown?.Invoke(
                new WorkloadFacts(arrivals, parsed.FactsOf(RequestCount), parsed.HashBlockTokens)
            );
            return Apply(arrivals, parsed.ToRequests());
        }

        InputFile.RequireFile(path);
        return ReadTrace(path, onKnown);
    }

    private IEnumerable<RequestSpec> ReadTrace(string path, Action<WorkloadFacts>? onKnown)
    {
        using var stream = InputFile.OpenRows(path);
        using var trace = OpenTrace(stream, path);
        var arrivals = ChooseArrivals(path, trace.HasTimes);
        try
        {
            foreach (var request in Apply(arrivals, Varied(Requests(trace, path))))
            {
                yield return request;
            }
        }
        finally
        {
            onKnown?.Invoke(
                new WorkloadFacts(arrivals, trace.Facts, HashBlockTokens ?? trace.HashBlockTokens)
            );
        }
    }

    private Trace OpenTrace(Stream stream, string path) =>
        LlmSim.Workloads.Traces.Trace.Open(
            stream,
            path,
            Trace with
            {
                Limits = InputLimits.Current,
                BlockTokens = HashBlockTokens,
            },
            ReadHashIds,
            Seed
        );

    private IEnumerable<RequestSpec> Requests(Trace trace, string path)
    {
        foreach (var request in trace.Requests())
        {
            if (request.Conversation is not null)
            {
                yield return request;
                continue;
            }

            var blockTokens =
                HashBlockTokens ?? (trace.KnowsBlocks ? request.HashBlockTokens : trace.HashBlockTokens);
            RequireHashBlocks(path, request, blockTokens);
            yield return request with
            {
                HashBlockTokens = blockTokens,
            };
        }
    }

    private ArrivalChoice ChooseArrivals(string path, bool hasTimes)
    {
        var choice = ArrivalChoice.Of(this, isTrace: true, hasTimes);
        return choice.Process is { NeedsTrace: true } && !hasTimes
            ? throw new UserErrorException(
                $"arrivals: {choice.Process} needs times, and {path} has none; allowed with it: poisson, constant, gamma:cv=NUMBER"
            )
            : choice;
    }

    /// <summary>One id for each block of the prompt, or for each whole one.</summary>
    private static void RequireHashBlocks(string path, in RequestSpec request, int blockTokens)
    {
        if (request.HashIds is not { } ids)
        {
            return;
        }

        var whole = request.InputTokens / blockTokens;
        var all = (request.InputTokens - 1) / blockTokens + 1;
        if (ids.Length != whole && ids.Length != all)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"{path}: hash_ids: request {request.Id} has {ids.Length} ids for {request.InputTokens} tokens; allowed with trace_block_size {blockTokens}: {all}, or {whole} without the last, partial block"
                )
            );
        }
    }
}
