using System.Text.Json.Serialization;

namespace LlmSim.Workloads.Traces;

/// <summary>How a trace is read.</summary>
public sealed record TraceOptions
{
    internal static FigureRange TimeScaleRange { get; } = new(1e-12, 1e12);

    /// <summary>Name of the format that the file must have; null takes any, decided by its first record.</summary>
    public string? Format { get; init; }

    /// <summary>
    /// Other names of its fields, such as "arrival=Timestamp,input=Request tokens,output=Response tokens"; also hash_ids. Null
    /// for the format's own.
    /// </summary>
    public string? Columns { get; init; }

    /// <summary>Unit of its times: s, ms, us, ns or iso. Null: as the trace tells, else as its format has it.</summary>
    public string? TimeUnit { get; init; }

    /// <summary>Times between requests are multiplied by this number, from 1e-12 to 1e12: with 0.5 they come twice as often.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Requests before this time are left out; seconds of the trace from its first request, at least 0.</summary>
    public double From { get; init; }

    /// <summary>Requests from this time on are left out; seconds of the trace from its first request. Null for none.</summary>
    public double? Until { get; init; }

    /// <summary>
    /// Whether requests with equal times are spread over the tick that follows: the smallest gap between different times of
    /// the trace. Drawn from the stream <c>jitter</c> of the seed.
    /// </summary>
    public bool Jitter { get; init; }

    /// <summary>Whether rows are sorted by time; otherwise one that goes backwards is an error.</summary>
    public bool Sort { get; init; }

    /// <summary>Whether rows that are no requests are left out and counted; otherwise they are errors.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>
    /// Whether requests of one session follow each other: off (null), replay, or lenient, which lets a request whose parent is missing begin a conversation.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sessions { get; init; }

    /// <summary>What the lengths of later turns count where the trace does not say: new for what is new, whole for the whole prompt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SessionPrompts { get; init; }

    /// <summary>Seconds of a token of a recorded answer, where only its beginning was recorded, at least 0; null for 0.04.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SessionTpotSeconds { get; init; }

    /// <summary>Tokens that a hash id stands for; null for the format's own.</summary>
    internal int? BlockTokens { get; init; }

    /// <summary>Whether requests of one session follow each other.</summary>
    internal bool ReplaysSessions => Sessions is not null and not SessionRules.Off;

    /// <summary>How much of the file is read before it is refused.</summary>
    internal ReadLimits Limits { get; init; } = new();

    /// <summary>The options of time that are not as they are by default: they need a trace with times.</summary>
    internal IEnumerable<string> OfTime()
    {
        (string Name, bool IsGiven)[] options =
        [
            ("time_unit", TimeUnit is not null),
            ("time_scale", TimeScale != 1),
            ("from", From > 0),
            ("until", Until is not null),
            ("jitter", Jitter),
            ("sort", Sort),
        ];
        return options.Where(option => option.IsGiven).Select(option => option.Name);
    }

    /// <summary>Checks all values that can be checked without the trace.</summary>
    /// <exception cref="UserErrorException">A value is outside its range.</exception>
    internal void Validate()
    {
        WorkloadParameter.Require(TimeScaleRange, "time_scale", TimeScale);
        WorkloadParameter.Require(FigureRanges.Timestamp, "from", From);
        if (Until is { } until)
        {
            WorkloadParameter.Require(
                until > From && double.IsFinite(until),
                "until",
                until,
                FormattableString.Invariant($"a number above from, which is {From}")
            );
        }

        if (TimeUnit is not null)
        {
            _ = TimeUnits.Parse(TimeUnit);
        }

        RequireOneOf("sessions", Sessions, SessionRules.Modes);
        RequireOneOf("session_prompts", SessionPrompts, SessionRules.Prompts);
        if (SessionTpotSeconds is { } tpot)
        {
            WorkloadParameter.Require(SessionRules.TpotRange, "session_tpot", tpot);
        }
    }

    /// <summary>How requests of a format become conversations.</summary>
    internal SessionRules RulesOf(TraceFormat format) =>
        new()
        {
            IsLenient = Sessions == SessionRules.Lenient,
            PromptsAre = SessionPrompts,
            TpotSeconds = SessionTpotSeconds ?? SessionRules.DefaultTpotSeconds,
            BlockTokens = BlockTokens ?? format.HashBlockTokens,
        };

    private static void RequireOneOf(string name, string? word, IReadOnlyList<string> words)
    {
        if (word is not null && !words.Contains(word))
        {
            throw new UserErrorException(
                $"{name}: found '{word}'; allowed: {string.Join(", ", words)}.{Suggestion.For(word, words)}"
            );
        }
    }
}
