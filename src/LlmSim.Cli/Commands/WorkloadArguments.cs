using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Options;
using LlmSim.Experiments.Sweeps;
using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;

namespace LlmSim.Cli.Commands;

/// <summary>Which requests come, and when.</summary>
internal sealed partial class WorkloadArguments
{
    /// <summary>Enough for steady figures, few enough for a second.</summary>
    private const int SyntheticRequests = 2_000;

    /// <summary>Enough rounds of a closed loop for its start to count little.</summary>
    private const int RequestsPerClient = 10;

    private static readonly RunConfiguration s_defaults = new();

    private readonly Option<string> _requestSource = CliOption.Text(
        "request_source",
        $"where requests come from: {string.Join(", ", RequestSources.Names)}; chat and agent take values, as in "
            + $"chat:turns=4,think=30s (docs/workloads.md); {RunConfiguration.DetectedTrace} reads whatever format the file has "
            + $"[conversation; with --trace_path: {RunConfiguration.DetectedTrace}; with --input_len or "
            + "--output_len: uniform]",
        valueName: "NAME",
        value: new OptionValue.Text(() =>
            RequestSources.Names.SelectMany(name =>
                name == "chat" ? [name, "chat:turns=4,think=30s"]
                : name == "agent" ? [name, "agent:steps=20,tool=2s"]
                : new[] { name }
            )
        )
    );

    private readonly Option<string> _tracePath = CliOption.File(
        "trace_path",
        "a trace of any of these formats (docs/workloads.md), also compressed (.gz, .zst)"
    );

    private readonly Option<string> _mix = CliOption.File(
        "mix",
        "classes of requests in one stream, YAML or JSON (docs/workloads.md), in the place of request_source and trace_path: each with its name, "
            + "tenant, model, priority, weight, SLOs, share or rate, and source"
    );

    private readonly TraceArguments _trace = new();

    private readonly Option<long?> _traceBlockSize = CliOption.Integer(
        "trace_block_size",
        "tokens that a hash id of the trace stands for [its format's: 16 of bailian, 512 of mooncake]",
        defaultValue: null,
        min: 1,
        max: int.MaxValue
    );

    private readonly Option<long?> _requestCount = CliOption.Integer(
        "request_count",
        $"requests to take, or conversations of a source that has them: the first of a trace [all of a trace, {SyntheticRequests} of other sources, "
            + $"{RequestsPerClient} x concurrency of them in a closed loop]",
        defaultValue: null,
        min: 1,
        max: int.MaxValue
    );

    private readonly Option<long?> _concurrency = CliOption.Integer(
        "concurrency",
        "a closed loop in the place of arrivals: so many requests in flight, the next is sent when one ends; a trace gives "
            + "their order, its times are not read",
        defaultValue: null,
        min: 1,
        max: int.MaxValue
    );

    private readonly Option<long?> _inputLen = Length("input_len", "prompt", s_defaults.InputLen);

    private readonly Option<long?> _outputLen = Length("output_len", "output", s_defaults.OutputLen);

    private readonly Option<double> _rangeRatio = CliOption.Number(
        "range_ratio",
        "uniform: each length is drawn from this share of input_len and output_len up to them; 1 for fixed lengths",
        s_defaults.RangeRatio,
        FigureRanges.PositiveShare
    );

    private readonly Option<string> _arrivals = CliOption.Text(
        "arrivals",
        "when requests come: poisson, constant or gamma:cv=2 at lambda_arrival, trace (its own times), or poisson at a rate that "
            + "changes: diurnal:mean=2,peak=4,period=24h,phase=0h, ramp:from=1,to=10,over=30m, "
            + "burst:base=1,burst=10,base_for=60s,burst_for=5s [trace, for a trace with times and without --lambda_arrival or "
            + "--rate_profile; else poisson]",
        valueName: "NAME",
        value: new OptionValue.Text(() =>
            [
                "poisson",
                "constant",
                "gamma:cv=2",
                "trace",
                "diurnal:mean=2,peak=4,period=24h",
                "ramp:from=1,to=10,over=30m",
                "burst:base=1,burst=10,base_for=60s,burst_for=5s",
            ]
        )
    );

    private readonly Option<string> _rateProfile = CliOption.File(
        "rate_profile",
        "a rate of arrivals over time for poisson, constant and gamma: CSV with the columns time (s) and rate (requests/s); after the "
            + "last row its rate stays"
    );

    private readonly Option<string> _rateInterpolation = CliOption.Choice(
        "rate_interpolation",
        "how the rate of rate_profile goes from row to row",
        RateFile.Linear,
        RateFile.Interpolations
    );

    private readonly Option<double?> _lambdaArrival = CliOption.OptionalNumber(
        "lambda_arrival",
        FormattableString.Invariant(
            $"mean arrivals per second; a rate that changes is scaled to it [{WorkloadOptions.DefaultLambdaArrival}; the mean of a rate that changes]"
        ),
        FigureRanges.RequestsPerSecond
    );

    private readonly Option<double> _zipfS = CliOption.Number(
        "zipf_s",
        "zipfian: exponent of the law",
        s_defaults.ZipfS,
        ZipfLengths.ExponentRange
    );

    private readonly Option<double> _lognormalMean = CliOption.Number(
        "lognormal_mean",
        "lognormal: mean of the logarithm of prompt lengths, whose deviation is 1",
        s_defaults.LognormalMean,
        LognormalLengths.MeanRange
    );

    private readonly Option<long?> _maxLen = CliOption.Integer(
        "max_len",
        "longest prompt of a synthetic source in tokens",
        defaultValue: null,
        min: 1,
        max: 10_000_000
    );

    private readonly Option<double?> _inputMean = CliOption.OptionalNumber(
        "input_mean",
        "lognormal: mean prompt in tokens, in the place of lognormal_mean",
        FigureRanges.MeanTokens
    );

    private readonly Option<double> _outputMean = CliOption.Number(
        "output_mean",
        "zipfian, lognormal: mean output in tokens",
        s_defaults.OutputMean,
        FigureRanges.MeanTokens
    );

    private readonly Option<double> _outputSigma = CliOption.Number(
        "output_sigma",
        "zipfian, lognormal: deviation of the logarithm of outputs",
        s_defaults.OutputSigma,
        LognormalLengths.DeviationRange
    );

    private readonly Option<long?> _seed = CliOption.Integer(
        "seed",
        "seed of everything that is random",
        s_defaults.Seed
    );

    public OptionGroup Group =>
        new(
            "Workload",
            [
                _requestSource,
                _tracePath,
                _mix,
                _traceBlockSize,
                .. _trace.Options,
                _requestCount,
                _inputLen,
                _outputLen,
                _rangeRatio,
                _concurrency,
                _arrivals,
                _lambdaArrival,
                _rateProfile,
                _rateInterpolation,
                _zipfS,
                _lognormalMean,
                _inputMean,
                _maxLen,
                _outputMean,
                _outputSigma,
                .. Traits,
                _seed,
            ]
        );

    /// <summary>A message for each option that is given and that nothing reads.</summary>
    public IReadOnlyList<string> Unread(ParseResult parse, RunConfiguration configuration)
    {
        var given = Group
            .Options.Where(option => IsGiven(parse, option))
            .Select(option => new Setting(
                option.Name.TrimStart('-'),
                parse.GetResult(option)!.Tokens[0].Value
            ));
        return UnreadOptions.Check(SweepPlan.Create([], _ => configuration, [.. given]));
    }

    /// <summary>The configuration with the workload that was asked for.</summary>
    public RunConfiguration Read(ParseResult parse, RunConfiguration configuration)
    {
        var tracePath = parse.GetValue(_tracePath);
        var concurrency = (int?)parse.GetValue(_concurrency);
        RequireNoArrivals(parse, concurrency);
        RequireNoSource(parse);
        return WithTraits(parse, configuration) with
        {
            RequestSource = parse.GetValue(_requestSource) ?? Source(parse, tracePath),
            TracePath = tracePath,
            Mix = parse.GetValue(_mix),
            TraceOptions = _trace.Read(parse),
            TraceBlockSize = (int?)parse.GetValue(_traceBlockSize),
            RequestCount =
                (int?)parse.GetValue(_requestCount) ?? (tracePath is null ? Requests(concurrency) : null),
            Concurrency = concurrency,
            InputLen = (int)parse.GetValue(_inputLen)!.Value,
            OutputLen = (int)parse.GetValue(_outputLen)!.Value,
            RangeRatio = parse.GetValue(_rangeRatio),
            Arrivals = parse.GetValue(_arrivals),
            LambdaArrival = parse.GetValue(_lambdaArrival),
            RateProfile = parse.GetValue(_rateProfile),
            RateInterpolation = IsGiven(parse, _rateInterpolation)
                ? parse.GetValue(_rateInterpolation)
                : null,
            ZipfS = parse.GetValue(_zipfS),
            LognormalMean = parse.GetValue(_lognormalMean),
            InputMean = parse.GetValue(_inputMean),
            OutputMean = parse.GetValue(_outputMean),
            OutputSigma = parse.GetValue(_outputSigma),
            MaxLen = (int?)parse.GetValue(_maxLen),
            Seed = parse.GetValue(_seed)!.Value,
        };
    }

    private string Source(ParseResult parse, string? tracePath) =>
        parse.GetValue(_mix) is not null ? RequestSources.Name(RequestSource.Mix)
        : tracePath is not null ? RunConfiguration.DetectedTrace
        : IsGiven(parse, _inputLen) || IsGiven(parse, _outputLen) ? RequestSources.Name(RequestSource.Uniform)
        : s_defaults.RequestSource;

    /// <summary>Fails at arrivals beside a closed loop: whoever asks for both expects both to count.</summary>
    private void RequireNoArrivals(ParseResult parse, int? concurrency)
    {
        Option[] arrivals = [_arrivals, _lambdaArrival, _rateProfile];
        if (concurrency is not null && Array.Find(arrivals, option => IsGiven(parse, option)) is { } given)
        {
            throw new UserErrorException(
                $"{given.Name}: is not read in a closed loop, which sends a request when another ends; leave it or --concurrency out"
            );
        }
    }

    /// <summary>Fails at another source beside a mix, whose classes have their own.</summary>
    private void RequireNoSource(ParseResult parse)
    {
        Option[] sources = [_requestSource, _tracePath];
        if (IsGiven(parse, _mix) && Array.Find(sources, option => IsGiven(parse, option)) is { } given)
        {
            throw new UserErrorException(
                $"{given.Name}: is not read with --mix, whose classes have sources of their own; leave one of them out"
            );
        }
    }

    private static int Requests(int? concurrency) =>
        concurrency is null
            ? SyntheticRequests
            : (int)Math.Min(int.MaxValue, (long)RequestsPerClient * concurrency.Value);

    private static bool IsGiven(ParseResult parse, Option option) =>
        parse.GetResult(option) is { Implicit: false };

    private static Option<long?> Length(string name, string what, int defaultTokens) =>
        CliOption.Integer(
            name,
            $"uniform: {what} in tokens, the longest where range_ratio is below 1",
            defaultTokens,
            min: 1,
            max: 10_000_000
        );
}
