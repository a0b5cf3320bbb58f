using System.CommandLine;
using LlmSim.Workloads.Traces;

namespace LlmSim.Cli.Commands;

/// <summary>How a trace is read.</summary>
internal sealed class TraceArguments
{
    private static readonly TraceOptions s_defaults = new();

    private readonly Option<string> _columns = CliOption.Text(
        "columns",
        "names of its fields, as in arrival=Timestamp,input=Request tokens,output=Response tokens; also hash_ids, class, tenant, model, priority, deadline (s), adapter, schema, thinking and images; with dots "
            + "for nested JSON [its format's]",
        valueName: "NAMES"
    );

    private readonly Option<string> _timeUnit = CliOption.Choice(
        "time_unit",
        "unit of its times [as the trace tells, else its format's]",
        defaultValue: null,
        ["s", "ms", "us", "ns", "iso"]
    );

    private readonly Option<double> _timeScale = CliOption.Number(
        "time_scale",
        "its times are multiplied by this: 0.5 doubles the rate",
        s_defaults.TimeScale,
        TraceOptions.TimeScaleRange
    );

    private readonly Option<double> _from = CliOption.Number(
        "from",
        "leave out requests before this second of the trace",
        s_defaults.From,
        FigureRanges.Timestamp
    );

    private readonly Option<double?> _until = CliOption.OptionalNumber(
        "until",
        "leave out requests from this second of the trace on",
        FigureRanges.LimitSeconds
    );

    private readonly Option<bool> _jitter = CliOption.Flag(
        "jitter",
        "spread requests of equal times over the tick of its clock, by the seed"
    );

    private readonly Option<bool> _sort = CliOption.Flag("sort", "sort its rows by time");

    private readonly Option<bool> _skipInvalid = CliOption.Flag(
        "skip_invalid",
        "leave out rows that are no requests, such as failed ones without output, and count them"
    );

    private readonly Option<string> _sessions = CliOption.Choice(
        "sessions",
        "whether requests of one session follow each other (bailian, sessions, sharegpt, otlp, otel): each is sent when the one before it has "
            + "ended and its pause is over; lenient lets those whose parent is missing begin a conversation",
        SessionRules.Off,
        SessionRules.Modes
    );

    private readonly Option<string> _sessionPrompts = CliOption.Choice(
        "session_prompts",
        "sessions: whether lengths of later turns are of what is new (AIPerf) or of the whole prompt (Dynamo) [as the trace says]",
        defaultValue: null,
        SessionRules.Prompts
    );

    private readonly Option<double?> _sessionTpot = CliOption.OptionalNumber(
        "session_tpot",
        FormattableString.Invariant(
            $"sessions without pauses or ends: seconds that a token of the recorded answer is taken to have needed, left out of the pause [{SessionRules.DefaultTpotSeconds}]"
        ),
        SessionRules.TpotRange
    );

    public IReadOnlyList<Option> Options =>
        [
            _columns,
            _timeUnit,
            _timeScale,
            _from,
            _until,
            _jitter,
            _sort,
            _skipInvalid,
            _sessions,
            _sessionPrompts,
            _sessionTpot,
        ];

    public TraceOptions Read(ParseResult parse) =>
        new()
        {
            Columns = parse.GetValue(_columns),
            TimeUnit = parse.GetValue(_timeUnit),
            TimeScale = parse.GetValue(_timeScale),
            From = parse.GetValue(_from),
            Until = parse.GetValue(_until),
            Jitter = parse.GetValue(_jitter),
            Sort = parse.GetValue(_sort),
            SkipInvalid = parse.GetValue(_skipInvalid),
            Sessions =
                parse.GetValue(_sessions) is { } sessions && sessions != SessionRules.Off ? sessions : null,
            SessionPrompts = parse.GetValue(_sessionPrompts),
            SessionTpotSeconds = parse.GetValue(_sessionTpot),
        };
}
