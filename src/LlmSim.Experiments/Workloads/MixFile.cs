using LlmSim.Experiments.Documents;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>A class of requests of a mix.</summary>
/// <param name="Origin">Who sends them, and what the answer is worth.</param>
/// <param name="Weight">Its share of all arrivals, or its rate; null where its source has its own times.</param>
/// <param name="Source">Where its requests come from.</param>
internal sealed record MixClass(RequestOrigin Origin, double? Weight, WorkloadOptions Source);

/// <summary>
/// Classes of requests that share a cluster, in YAML or JSON: a list <c>classes</c>, each with a name, a share or a rate, and a source with its
/// options.
/// </summary>
/// <param name="Classes">At least one.</param>
/// <param name="HasRates">Whether they have rates, and not shares.</param>
internal sealed record MixFile(IReadOnlyList<MixClass> Classes, bool HasRates)
{
    private const string List = "classes";

    private static readonly FigureRange s_share = new(0, 1e9, IsAboveLeast: true);

    /// <summary>All fields of a class.</summary>
    public static IReadOnlyList<string> Fields { get; } =
    [
        "name",
        "tenant",
        "priority",
        "weight",
        "share",
        "rate",
        "ttft_slo",
        "tpot_slo",
        "deadline",
        "request_source",
        "trace_path",
        "sessions",
        "session_prompts",
        "sort",
        "time_scale",
        "arrivals",
        "input_len",
        "output_len",
        "range_ratio",
        "input_mean",
        "lognormal_mean",
        "output_mean",
        "output_sigma",
        "zipf_s",
        "max_len",
    ];

    /// <summary>Arrivals per second of all classes by their rates; null where they have shares.</summary>
    public double? RatePerSecond => HasRates ? Classes.Sum(one => one.Weight ?? 0) : null;

    /// <summary>The files that its classes read.</summary>
    public IEnumerable<string> Traces =>
        Classes.Select(one => one.Source.TracePath).OfType<string>().Distinct();

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="usual">What holds for all classes that do not say otherwise.</param>
    /// <exception cref="UserErrorException">Something in it is wrong; the message has file and line.</exception>
    public static MixFile Read(string path, WorkloadOptions usual)
    {
        var root = new YamlFields(path, YamlFile.Read(path, $"one mapping with a list of {List}"));
        root.RequireOnly([SchemaField.Name, List]);
        var classes = new List<MixClass>();
        var (rates, shares) = (new List<YamlFields>(), new List<YamlFields>());
        foreach (var fields in root.Mappings(List))
        {
            fields.RequireOnly(Fields);
            var one = Class(fields, usual);
            if (classes.Exists(known => known.Origin.Class == one.Origin.Class))
            {
                throw fields.Error("name", $"'{one.Origin.Class}' is that of another class; allowed: once");
            }

            (fields.Has("rate") ? rates : shares).AddRange(
                fields.Has("rate") || fields.Has("share") ? [fields] : []
            );
            classes.Add(one);
        }

        return rates.Count > 0 && shares.Count > 0
            ? throw shares[0]
                .Error("share", "another class has a rate; allowed: rates in all classes, or shares in all")
            : new MixFile(classes, rates.Count > 0);
    }

    private static MixClass Class(YamlFields fields, WorkloadOptions usual)
    {
        var source = Source(fields, usual);
        var hasOwnTimes =
            source.TracePath is not null && (source.Arrivals ?? ArrivalProcess.Trace).NeedsTrace
            || source.Arrivals?.MeanPerSecond is not null;
        if (fields.Has("rate") && fields.Has("share"))
        {
            throw fields.Error("share", "found beside rate; allowed: one of them");
        }

        var name = fields.Has("rate") ? "rate" : "share";
        return new MixClass(
            new RequestOrigin
            {
                Class = fields.Text("name"),
                Tenant = fields.Has("tenant") ? fields.Text("tenant") : RequestOrigin.DefaultClass,
                Priority = (int)(fields.Whole("priority", RequestOrigins.PriorityRange) ?? 0),
                Weight = fields.Number("weight", RequestOrigins.WeightRange) ?? 1,
                TtftSloSeconds = fields.Number("ttft_slo", FigureRanges.LimitSeconds),
                TpotSloSeconds = fields.Number("tpot_slo", FigureRanges.LimitSeconds),
                DeadlineSeconds = fields.Number("deadline", FigureRanges.LimitSeconds),
            },
            fields.Number(name, name == "rate" ? FigureRanges.RequestsPerSecond : s_share)
                ?? (
                    hasOwnTimes
                        ? null
                        : throw fields.Missing(
                            name,
                            "missing; allowed: share or rate, but for a trace at its own times and arrivals that have a rate"
                        )
                ),
            source
        );
    }

    private static WorkloadOptions Source(YamlFields fields, WorkloadOptions usual)
    {
        var tracePath = fields.Has("trace_path") ? fields.Text("trace_path") : null;
        var text =
            fields.Has("request_source") ? fields.Text("request_source")
            : tracePath is not null ? RunConfiguration.DetectedTrace
            : fields.Has("input_len") || fields.Has("output_len") ? RequestSources.Name(RequestSource.Uniform)
            : RequestSources.Name(RequestSource.Conversation);
        var (source, format) = At(fields, "request_source", () => RequestSources.Parse(text));
        if (source == RequestSource.Mix)
        {
            throw fields.Error("request_source", "found 'mix'; allowed: any other");
        }

        return usual with
        {
            Source = source,
            SourceText = text,
            TracePath = tracePath,
            Trace = new TraceOptions
            {
                Format = format,
                Sessions = fields.Has("sessions") ? fields.OneOf("sessions", SessionRules.Modes) : null,
                SessionPrompts = fields.Has("session_prompts")
                    ? fields.OneOf("session_prompts", SessionRules.Prompts)
                    : null,
                Sort = fields.Has("sort") && fields.Flag("sort"),
                TimeScale = fields.Number("time_scale", TraceOptions.TimeScaleRange) ?? 1,
            },
            Arrivals =
                fields.Has("arrivals")
                    ? At(fields, "arrivals", () => ArrivalProcess.Parse(fields.Text("arrivals")))
                : tracePath is null ? usual.Arrivals
                : fields.Has("rate") || fields.Has("share") ? usual.Arrivals ?? ArrivalProcess.Poisson
                : null,
            InputLen = Tokens(fields, "input_len") ?? usual.InputLen,
            OutputLen = Tokens(fields, "output_len") ?? usual.OutputLen,
            RangeRatio = fields.Number("range_ratio", FigureRanges.PositiveShare) ?? usual.RangeRatio,
            InputMean = fields.Number("input_mean", FigureRanges.MeanTokens),
            LognormalMean =
                fields.Number("lognormal_mean", LognormalLengths.MeanRange) ?? usual.LognormalMean,
            OutputMean = fields.Number("output_mean", FigureRanges.MeanTokens) ?? usual.OutputMean,
            OutputSigma = fields.Number("output_sigma", LognormalLengths.DeviationRange) ?? usual.OutputSigma,
            ZipfS = fields.Number("zipf_s", ZipfLengths.ExponentRange) ?? usual.ZipfS,
            MaxLen = Tokens(fields, "max_len") ?? (tracePath is null ? usual.MaxLen : null),
        };
    }

    private static int? Tokens(YamlFields fields, string name) =>
        (int?)fields.Whole(name, new FigureRange(1, WorkloadParameter.MaxTokensLimit, "tokens"));

    /// <summary>What is wrong with a value is told with its line.</summary>
    private static T At<T>(YamlFields fields, string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (UserErrorException e) when (fields.Has(name))
        {
            throw fields.Error(name, e.Message);
        }
    }
}
