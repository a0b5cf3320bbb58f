using System.Runtime.InteropServices;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <summary>
/// A workload as a user describes it, option by option. Options of a source that is not chosen have no effect, except those
/// of which it is said that they are errors there.
/// </summary>
public sealed record WorkloadOptions
{
    /// <summary>
    /// The source. Null: the trace when <see cref="TracePath" /> is given, in whatever format it is, else
    /// <see cref="RequestSource.Conversation" />.
    /// </summary>
    public RequestSource? Source { get; init; }

    /// <summary>File of the trace, which may be compressed; an error with a synthetic source.</summary>
    public string? TracePath { get; init; }

    /// <summary>The requests of that trace, when they have been read already: so many runs share one array.</summary>
    public ReadOnlyMemory<RequestSpec>? ParsedTrace { get; init; }

    /// <summary>How many requests, at least 1; a trace gives its first ones, and all when it has fewer.</summary>
    public int RequestCount { get; init; } = 10_000;

    /// <summary>
    /// Requests in flight in a closed loop, at least 1: they then have no times, because each is sent when another ends, and neither
    /// <see cref="Arrivals" /> nor <see cref="LambdaArrival" /> is read. Null for arrivals.
    /// </summary>
    public int? Concurrency { get; init; }

    /// <summary>Uniform: longest prompt in tokens, from 1 to 10,000,000.</summary>
    public int InputLen { get; init; } = 1024;

    /// <summary>Uniform: longest output in tokens, from 1 to 10,000,000.</summary>
    public int OutputLen { get; init; } = 128;

    /// <summary>
    /// Uniform: the shortest lengths as a share of <see cref="InputLen" /> and <see cref="OutputLen" />, above 0; 1 for fixed lengths.
    /// </summary>
    public double RangeRatio { get; init; } = 1;

    /// <summary>When they arrive.</summary>
    public ArrivalProcess Arrivals { get; init; } = ArrivalProcess.Poisson;

    /// <summary>Mean arrivals per second, above 0; not used by <see cref="ArrivalProcess.Trace" />.</summary>
    public double LambdaArrival { get; init; } = 2;

    /// <summary>Zipfian: the exponent, above 0.</summary>
    public double ZipfS { get; init; } = 2;

    /// <summary>Lognormal: mean of the underlying normal, whose standard deviation is 1.</summary>
    public double LognormalMean { get; init; } = 9;

    /// <summary>Lognormal: the mean prompt in tokens, in the place of <see cref="LognormalMean" />; above 0.</summary>
    public double? InputMean { get; init; }

    /// <summary>
    /// Longest prompt in tokens, from 1 to 10,000,000; null is <see cref="SyntheticWorkload.DefaultMaxTokens" />. Zipfian draws
    /// from 1 … MaxLen, the others cut to it. An error with a trace, whose prompts stay as they are.
    /// </summary>
    public int? MaxLen { get; init; }

    /// <summary>
    /// Whether zipfian and lognormal outputs follow their prompts as in the reference, or a lognormal of their own.
    /// </summary>
    public SyntheticOutput SyntheticOutput { get; init; } = SyntheticOutput.Distribution;

    /// <summary>
    /// Zipfian and lognormal: mean output in tokens, above 0; by default that of the hour behind
    /// <see cref="RequestSource.Conversation" />.
    /// </summary>
    public double OutputMean { get; init; } = 343;

    /// <summary>Zipfian and lognormal: standard deviation of the logarithm of the output, from 0 to 10.</summary>
    public double OutputSigma { get; init; } = 1;

    /// <summary>Seed of the run.</summary>
    public long Seed { get; init; } = 2025;

    /// <summary>Whether to keep the hash ids of a trace.</summary>
    public bool ReadHashIds { get; init; }

    /// <summary>Tokens of a block that a hash id of the trace stands for, at least 1.</summary>
    public int HashBlockTokens { get; init; } = RequestSpec.MooncakeBlockTokens;

    /// <summary>A source by its name on the command line.</summary>
    /// <exception cref="UserErrorException">There is no such source.</exception>
    public static RequestSource ParseRequestSource(string text)
    {
        var names = Enum.GetNames<RequestSource>().Select(name => name.ToLowerInvariant()).ToArray();
        var index = Array.IndexOf(names, text.ToLowerInvariant());
        return index >= 0
            ? (RequestSource)index
            : throw new UserErrorException(
                $"request_source: found '{text}'; allowed: {string.Join(", ", names)}.{Suggestion.For(text, names)}"
            );
    }

    /// <summary>
    /// The requests. They are made, or read from the file, anew in each enumeration; the options are checked at once, and the
    /// lines of a trace while it is read.
    /// </summary>
    /// <exception cref="UserErrorException">An option or the trace is wrong; the message says how.</exception>
    public IEnumerable<RequestSpec> ToRequests()
    {
        if (RequestCount < 1)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"request_count: found {RequestCount}; allowed: an integer of at least 1"
                )
            );
        }

        var source = Source ?? (TracePath is null ? RequestSource.Conversation : null);
        var requests = source switch
        {
            null or RequestSource.Mooncake or RequestSource.Azure => Trace(source),
            _ => Synthetic(source.Value),
        };
        return Concurrency is null
            ? Arrivals.Apply(requests, LambdaArrival, Seed, RequestCount)
            : requests.Take(RequestCount);
    }

    private IEnumerable<RequestSpec> Trace(RequestSource? source)
    {
        if (TracePath is null)
        {
            throw new UserErrorException(
                $"request_source: {Name(source!.Value)} reads a trace; give its file with trace_path, or choose "
                    + $"{Name(RequestSource.Conversation)}, which needs none"
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
            return MemoryMarshal.ToEnumerable(parsed);
        }

        InputFile.RequireFile(TracePath);
        TraceFormat? format = source switch
        {
            RequestSource.Mooncake => TraceFormat.Mooncake,
            RequestSource.Azure => TraceFormat.Azure,
            _ => null,
        };
        return ReadTrace(TracePath, format);
    }

    private IEnumerable<RequestSpec> ReadTrace(string path, TraceFormat? format)
    {
        using var stream = InputFile.Open(path);
        foreach (var request in TraceReader.Read(stream, path, format, ReadHashIds))
        {
            RequireHashBlocks(path, request);
            yield return request with
            {
                HashBlockTokens = HashBlockTokens,
            };
        }
    }

    /// <summary>One id for each block of the prompt, or for each whole one.</summary>
    private void RequireHashBlocks(string path, in RequestSpec request)
    {
        if (request.HashIds is not { } ids)
        {
            return;
        }

        var whole = request.InputTokens / HashBlockTokens;
        var all = (request.InputTokens - 1) / HashBlockTokens + 1;
        if (ids.Length != whole && ids.Length != all)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"{path}: hash_ids: request {request.Id} has {ids.Length} ids for {request.InputTokens} tokens; allowed with trace_block_size {HashBlockTokens}: {all}, or {whole} without the last, partial block"
                )
            );
        }
    }

    private IEnumerable<RequestSpec> Synthetic(RequestSource source)
    {
        if (TracePath is not null)
        {
            throw new UserErrorException(
                $"trace_path: {TracePath} is given, but request_source {Name(source)} reads no trace; leave one of them out"
            );
        }

        if (Arrivals.NeedsTrace && Concurrency is null)
        {
            throw new UserErrorException(
                $"arrivals: {Arrivals} needs the timestamps of a trace, and request_source {Name(source)} has none; "
                    + "allowed with it: poisson, constant, gamma:cv=NUMBER"
            );
        }

        var maxTokens = MaxLen ?? SyntheticWorkload.DefaultMaxTokens;
        return source switch
        {
            RequestSource.Zipfian => WithOutputs(
                new ZipfLengths(ZipfS, maxTokens),
                inputTokens => (int)(1.1 * inputTokens)
            ),
            RequestSource.Lognormal => WithOutputs(
                InputMean is { } mean
                    ? LognormalLengths.WithMean(mean, sigma: 1, maxTokens)
                    : new LognormalLengths(LognormalMean, sigma: 1, maxTokens),
                _ => 1
            ),
            RequestSource.Uniform => SyntheticWorkload.Independent(
                new UniformLengths("input_len", InputLen, RangeRatio),
                new UniformLengths("output_len", OutputLen, RangeRatio),
                Seed
            ),
            _ => ConversationWorkload.Generate(Seed, maxTokens),
        };
    }

    private IEnumerable<RequestSpec> WithOutputs(
        ILengthDistribution inputLengths,
        Func<int, int> reference
    ) =>
        SyntheticOutput == SyntheticOutput.FromInput
            ? SyntheticWorkload.FromInput(inputLengths, reference, Seed)
            : SyntheticWorkload.Independent(
                inputLengths,
                LognormalLengths.WithMean(OutputMean, OutputSigma, SyntheticWorkload.DefaultMaxTokens),
                Seed
            );

    private static string Name(RequestSource source) => source.ToString().ToLowerInvariant();
}
