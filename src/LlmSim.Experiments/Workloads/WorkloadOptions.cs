using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>
/// A workload as a user describes it, option by option. Options of a source that is not chosen have no effect, except those
/// of which it is said that they are errors there.
/// </summary>
internal sealed partial record WorkloadOptions
{
    /// <summary>
    /// The source. Null: the trace when <see cref="TracePath" /> is given, else
    /// <see cref="RequestSource.Conversation" />.
    /// </summary>
    public RequestSource? Source { get; init; }

    /// <summary>The source with its values, such as "chat:turns=4"; null for its name alone.</summary>
    public string? SourceText { get; init; }

    /// <summary>File of the classes of a mix.</summary>
    public string? MixPath { get; init; }

    /// <summary>File of the trace, which may be compressed; an error with a synthetic source.</summary>
    public string? TracePath { get; init; }

    /// <summary>That trace, when it has been read already.</summary>
    internal ParsedTrace? ParsedTrace { get; init; }

    /// <summary>How a trace is read.</summary>
    public TraceOptions Trace { get; init; } = new();

    /// <summary>
    /// How many requests, at least 1, or conversations where there are any; a trace gives its first ones, and all when it has fewer.
    /// </summary>
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

    /// <summary>When they arrive; null is left to <see cref="ArrivalChoice" />.</summary>
    public ArrivalProcess? Arrivals { get; init; }

    /// <summary>Whether the requests of a trace arrive at its own times when <see cref="Arrivals" /> does not say.</summary>
    public TraceArrivals TraceArrivals { get; init; } = TraceArrivals.OwnTimes;

    /// <summary>File of a rate of arrivals over time; null for a rate that stays.</summary>
    public string? RateProfile { get; init; }

    /// <summary>How that rate goes from row to row: one of <see cref="RateFile.Interpolations" />.</summary>
    public string RateInterpolation { get; init; } = RateFile.Linear;

    /// <summary>
    /// Mean arrivals per second, above 0; not used by <see cref="ArrivalProcess.Trace" />. Null is
    /// <see cref="DefaultLambdaArrival" />, or what a rate that changes is on average.
    /// </summary>
    public double? LambdaArrival { get; init; }

    /// <summary>Mean arrivals per second unless another rate is asked for.</summary>
    public const double DefaultLambdaArrival = 1.66;

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

    /// <summary>Synthetic: adapters that requests ask for, at least 1; null for none.</summary>
    public int? Adapters { get; init; }

    /// <summary>How often each of them is asked for: "uniform" or "zipf:S".</summary>
    public string AdapterPopularity { get; init; } = AdapterChoice.Uniform;

    /// <summary>The adapter that all requests ask for which have none; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Seed of the run.</summary>
    public long Seed { get; init; } = 2025;

    /// <summary>Whether to keep the hash ids of a trace.</summary>
    public bool ReadHashIds { get; init; }

    /// <summary>Tokens of a block that a hash id of the trace stands for, at least 1; null for the format's own.</summary>
    public int? HashBlockTokens { get; init; }

    /// <summary>Lengths and prefixes in the place of its own; null for its own.</summary>
    public WorkloadVariation? Variation { get; init; }

    /// <summary>
    /// The arrival process, as far as it is known without the file of the trace: most have times. Null in a closed loop.
    /// </summary>
    internal ArrivalProcess? ExpectedArrivals =>
        ArrivalChoice
            .Of(
                this,
                isTrace: (Source ?? RequestSource.Trace) == RequestSource.Trace && TracePath is not null,
                hasTimes: ParsedTrace is null || ParsedTrace.Facts.SpanSeconds is not null
            )
            .Process;

    /// <summary>Mean arrivals per second as far as they are asked for; null where the default holds.</summary>
    internal double? GivenRate =>
        LambdaArrival
        ?? (Source == RequestSource.Mix ? ReadMix().RatePerSecond : null)
        ?? ExpectedArrivals?.MeanPerSecond;

    /// <summary>
    /// The requests. They are made, or read from the file, anew in each enumeration; the options are checked at once, and the
    /// lines of a trace while it is read.
    /// </summary>
    /// <param name="onKnown">Told what the workload is: at once, or for the file of a trace at the end of an enumeration.</param>
    /// <exception cref="UserErrorException">An option or the trace is wrong; the message says how.</exception>
    public IEnumerable<RequestSpec> ToRequests(Action<WorkloadFacts>? onKnown = null)
    {
        if (RequestCount < 1)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"request_count: found {RequestCount}; allowed: an integer of at least 1"
                )
            );
        }

        var source = Source ?? (TracePath is null ? RequestSource.Conversation : RequestSource.Trace);
        var (images, videos, audio) = (Images, Videos, Audio);
        var requests = WithTraits(
            source,
            source == RequestSource.Trace
                ? FromTrace(onKnown)
                : Varied(source == RequestSource.Mix ? Mixed(onKnown) : Synthetic(source, onKnown))
        );
        requests = images?.Apply(requests, Seed) ?? requests;
        requests = videos?.Apply(requests, Seed) ?? requests;
        return audio?.Apply(requests, Seed) ?? requests;
    }

    /// <summary>The classes of a mix. Of the options that come from elsewhere they have only the arrivals.</summary>
    internal MixFile ReadMix() =>
        MixPath is { } path
            ? MixFile.Read(
                path,
                new WorkloadOptions
                {
                    Arrivals = Arrivals,
                    RateProfile = RateProfile,
                    RateInterpolation = RateInterpolation,
                    TraceArrivals = TraceArrivals,
                    SyntheticOutput = SyntheticOutput,
                }
            )
            : throw new UserErrorException("request_source: mix has classes; give their file with --mix");

    /// <summary>The traces that the classes of a mix read.</summary>
    internal IEnumerable<string> MixTraces() => ReadMix().Traces;

    private IEnumerable<RequestSpec> Mixed(Action<WorkloadFacts>? onKnown)
    {
        var mix = ReadMix();
        var arrivals = ArrivalChoice.Of(this, isTrace: false, hasTimes: false);
        var rate =
            LambdaArrival ?? mix.RatePerSecond ?? arrivals.Process?.MeanPerSecond ?? DefaultLambdaArrival;
        onKnown?.Invoke(
            new WorkloadFacts(arrivals, Trace: null, HashBlockTokens ?? RequestSpec.MooncakeBlockTokens)
            {
                RatePerSecond = rate,
            }
        );
        var requests = MixWorkload.ToRequests(mix, this with { LambdaArrival = rate });
        return Concurrency is null
            ? requests
            : requests.Select(request => request with { Arrival = Kernel.SimTime.Zero });
    }

    private IEnumerable<RequestSpec> Varied(IEnumerable<RequestSpec> requests) =>
        Variation?.Apply(requests) ?? requests;

    private IEnumerable<RequestSpec> Apply(ArrivalChoice arrivals, IEnumerable<RequestSpec> requests) =>
        arrivals.Process?.Apply(requests, RateOf(arrivals.Process), Seed, RequestCount)
        ?? requests.Take(RequestCount);

    private double RateOf(ArrivalProcess process) =>
        LambdaArrival ?? process.MeanPerSecond ?? DefaultLambdaArrival;

    private IEnumerable<RequestSpec> Synthetic(RequestSource source, Action<WorkloadFacts>? onKnown)
    {
        var name = RequestSources.Name(source);
        if (TracePath is not null)
        {
            throw new UserErrorException(
                $"trace_path: {TracePath} is given, but request_source {name} reads no trace; leave one of them out"
            );
        }

        var arrivals = ArrivalChoice.Of(this, isTrace: false, hasTimes: false);
        if (arrivals.Process is { NeedsTrace: true })
        {
            throw new UserErrorException(
                $"arrivals: {arrivals.Process} needs the timestamps of a trace, and request_source {name} has none; "
                    + "allowed with it: poisson, constant, gamma:cv=NUMBER"
            );
        }

        onKnown?.Invoke(
            new WorkloadFacts(arrivals, Trace: null, HashBlockTokens ?? RequestSpec.MooncakeBlockTokens)
        );
        var maxTokens = MaxLen ?? SyntheticWorkload.DefaultMaxTokens;
        var requests = source switch
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
            RequestSource.Chat => ChatWorkload.Parse(SourceText ?? name).Generate(Seed, maxTokens),
            RequestSource.Agent => AgentWorkload.Parse(SourceText ?? name).Generate(Seed, maxTokens),
            _ => ConversationWorkload.Generate(Seed, maxTokens),
        };
        return Apply(arrivals, requests);
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
}
