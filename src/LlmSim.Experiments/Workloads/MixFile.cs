using LlmSim.Experiments.Documents;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>A class of requests of a mix.</summary>
/// <param name="Origin">Who sends them, and what the answer is worth.</param>
/// <param name="Weight">Its share of all arrivals, or its rate; null where its source has its own times.</param>
/// <param name="Source">Where its requests come from.</param>
/// <param name="Fields">It as it stands in the file, for messages.</param>
internal sealed record MixClass(
    RequestOrigin Origin,
    double? Weight,
    WorkloadOptions Source,
    YamlFields Fields
);

/// <summary>
/// Classes of requests that share a cluster, in YAML or JSON: a list <c>classes</c>, each with a name, a share or a rate, and a source with its
/// options.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Classes">At least one.</param>
/// <param name="HasRates">Whether they have rates, and not shares.</param>
internal sealed record MixFile(string Path, IReadOnlyList<MixClass> Classes, bool HasRates)
{
    public const string List = "classes";
    public const string NameField = "name";
    public const string SessionsField = "sessions";
    public const string PromptsField = "session_prompts";
    public const string SortField = "sort";
    public const string ImagesField = "images_per_request";
    public const string ImageSizeField = "image_size";
    private const string ImageShareField = "image_share";
    private const string VideosField = "videos_per_request";
    private const string VideoSizeField = "video_size";
    private const string VideoSecondsField = "video_seconds";
    private const string VideoRateField = "video_fps";
    private const string AudioField = "audio_per_request";
    private const string AudioSecondsField = "audio_seconds";
    public const string AdapterField = "adapter";
    public const string PopularityField = "adapter_popularity";

    private static readonly FigureRange s_tokens = new(1, WorkloadParameter.MaxTokensLimit);

    /// <summary>Fields of a class that are numbers, and whether they are whole.</summary>
    public static IReadOnlyDictionary<string, (FigureRange Range, bool IsWhole)> Numbers { get; } =
        new Dictionary<string, (FigureRange, bool)>
        {
            ["priority"] = (RequestOrigins.PriorityRange, true),
            ["weight"] = (RequestOrigins.WeightRange, false),
            ["share"] = (new FigureRange(0, 1e9, IsAboveLeast: true), false),
            ["rate"] = (FigureRanges.RequestsPerSecond, false),
            ["ttft_slo"] = (FigureRanges.LimitSeconds, false),
            ["tpot_slo"] = (FigureRanges.LimitSeconds, false),
            ["deadline"] = (FigureRanges.LimitSeconds, false),
            ["time_scale"] = (TraceOptions.TimeScaleRange, false),
            ["input_len"] = (s_tokens, true),
            ["output_len"] = (s_tokens, true),
            ["range_ratio"] = (FigureRanges.PositiveShare, false),
            ["input_mean"] = (FigureRanges.MeanTokens, false),
            ["lognormal_mean"] = (LognormalLengths.MeanRange, false),
            ["output_mean"] = (FigureRanges.MeanTokens, false),
            ["output_sigma"] = (LognormalLengths.DeviationRange, false),
            ["zipf_s"] = (ZipfLengths.ExponentRange, false),
            ["max_len"] = (s_tokens, true),
            [ImageShareField] = (FigureRanges.Share, false),
            [VideoRateField] = (MediaItem.RateRange, false),
            ["adapters"] = (AdapterChoice.CountRange, true),
            ["structured_share"] = (FigureRanges.PositiveShare, false),
            ["structured_schemas"] = (SchemaChoice.CountRange, true),
            ["thinking_mean"] = (FigureRanges.MeanTokens, false),
            ["thinking_sigma"] = (LognormalLengths.DeviationRange, false),
            ["thinking_budget"] = (ThinkingLengths.BudgetRange, true),
        };

    /// <summary>All fields of a class.</summary>
    public static IReadOnlyList<string> Fields { get; } =
    [
        NameField,
        "tenant",
        "model",
        "request_source",
        "trace_path",
        SessionsField,
        PromptsField,
        SortField,
        "arrivals",
        ImagesField,
        ImageSizeField,
        VideosField,
        VideoSizeField,
        VideoSecondsField,
        AudioField,
        AudioSecondsField,
        AdapterField,
        PopularityField,
        .. Numbers.Keys,
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
                throw fields.Error(
                    NameField,
                    $"'{one.Origin.Class}' is that of another class; allowed: once"
                );
            }

            (fields.Has("rate") ? rates : shares).AddRange(
                fields.Has("rate") || fields.Has("share") ? [fields] : []
            );
            classes.Add(one);
        }

        return rates.Count > 0 && shares.Count > 0
            ? throw shares[0]
                .Error("share", "another class has a rate; allowed: rates in all classes, or shares in all")
            : new MixFile(path, classes, rates.Count > 0);
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
                Class = fields.Text(NameField),
                Tenant = fields.Has("tenant") ? fields.Text("tenant") : RequestOrigin.DefaultClass,
                Model = fields.Has("model") ? fields.Text("model") : null,
                Priority = (int)(Number(fields, "priority") ?? 0),
                Weight = Number(fields, "weight") ?? 1,
                TtftSloSeconds = Number(fields, "ttft_slo"),
                TpotSloSeconds = Number(fields, "tpot_slo"),
                DeadlineSeconds = Number(fields, "deadline"),
            },
            Number(fields, name)
                ?? (
                    hasOwnTimes
                        ? null
                        : throw fields.Missing(
                            name,
                            "missing; allowed: share or rate, but for a trace at its own times and arrivals that have a rate"
                        )
                ),
            source,
            fields
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
                Sessions = fields.Has(SessionsField) ? fields.OneOf(SessionsField, SessionRules.Modes) : null,
                SessionPrompts = fields.Has(PromptsField)
                    ? fields.OneOf(PromptsField, SessionRules.Prompts)
                    : null,
                Sort = fields.Has(SortField) && fields.Flag(SortField),
                TimeScale = Number(fields, "time_scale") ?? 1,
            },
            Arrivals =
                fields.Has("arrivals")
                    ? At(fields, "arrivals", () => ArrivalProcess.Parse(fields.Text("arrivals")))
                : tracePath is null ? usual.Arrivals
                : fields.Has("rate") || fields.Has("share") ? usual.Arrivals ?? ArrivalProcess.Poisson
                : null,
            InputLen = (int?)Number(fields, "input_len") ?? usual.InputLen,
            OutputLen = (int?)Number(fields, "output_len") ?? usual.OutputLen,
            RangeRatio = Number(fields, "range_ratio") ?? usual.RangeRatio,
            InputMean = Number(fields, "input_mean"),
            LognormalMean = Number(fields, "lognormal_mean") ?? usual.LognormalMean,
            OutputMean = Number(fields, "output_mean") ?? usual.OutputMean,
            OutputSigma = Number(fields, "output_sigma") ?? usual.OutputSigma,
            ZipfS = Number(fields, "zipf_s") ?? usual.ZipfS,
            MaxLen = (int?)Number(fields, "max_len") ?? (tracePath is null ? usual.MaxLen : null),
            ImagesPerRequest = Text(fields, ImagesField),
            ImageSize = Text(fields, ImageSizeField),
            ImageShare = Number(fields, ImageShareField),
            VideosPerRequest = Text(fields, VideosField),
            VideoSize = Text(fields, VideoSizeField),
            VideoSeconds = Text(fields, VideoSecondsField),
            VideoFps = Number(fields, VideoRateField),
            AudioPerRequest = Text(fields, AudioField),
            AudioSeconds = Text(fields, AudioSecondsField),
            Adapter = Text(fields, AdapterField),
            Adapters =
                fields.Has(AdapterField) && fields.Has("adapters")
                    ? throw fields.Error("adapters", $"found beside {AdapterField}; allowed: one of them")
                    : (int?)Number(fields, "adapters"),
            AdapterPopularity = fields.Has(PopularityField)
                ? fields.Text(PopularityField)
                : usual.AdapterPopularity,
            StructuredShare = Number(fields, "structured_share"),
            StructuredSchemas = (int?)Number(fields, "structured_schemas") ?? usual.StructuredSchemas,
            ThinkingMean = Number(fields, "thinking_mean"),
            ThinkingSigma = Number(fields, "thinking_sigma") ?? usual.ThinkingSigma,
            ThinkingBudget = (int?)Number(fields, "thinking_budget"),
        };
    }

    private static string? Text(YamlFields fields, string name) =>
        fields.Has(name) ? fields.Text(name) : null;

    /// <summary>A number of its range; null when it is not there.</summary>
    private static double? Number(YamlFields fields, string name)
    {
        var (range, isWhole) = Numbers[name];
        return isWhole ? fields.Whole(name, range) : fields.Number(name, range);
    }

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
