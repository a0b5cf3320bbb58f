using System.Globalization;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// Sessions as AIPerf and Dynamo write them: Mooncake's fields with a session_id; the first request of a session has a timestamp, each later one the
/// delay in ms from the end of the one before it, or a timestamp as well (github.com/ai-dynamo/aiperf, docs/benchmark-modes/trace-replay.md and
/// docs/tutorials/agentic-code-generator.md; github.com/ai-dynamo/dynamo, lib/mocker/src/loadgen). Lengths of later turns are of what is new in
/// AIPerf's and of the whole prompt in Dynamo's; AIPerf's context_mode says which.
/// </summary>
internal static class JsonlSessions
{
    private const double SecondsPerMillisecond = 1e-3;

    private static readonly SessionFields s_fields = new("session_id", "session_id", "timestamp");

    private static readonly FigureRange s_delay = new(0, 1e11, "ms");

    public static TraceFormat Format { get; } =
        new(
            "sessions",
            "Mooncake's fields with session_id and delay, as AIPerf and Dynamo write them, in ms; needs --sessions replay"
        )
        {
            Marks = ["session_id"],
            Arrival = ["timestamp"],
            Input = ["input_length"],
            Output = ["output_length"],
            HashIds = ["hash_ids"],
            Unit = TimeUnit.Milliseconds,
            Sessions = Open,
        };

    private static SessionRows Open(LineReader lines, TraceClockFactory clockOf, SessionRules rules)
    {
        var clock = clockOf(s_fields.Arrival);
        var turns = new Dictionary<string, int>(StringComparer.Ordinal);
        return new SessionRows(lines, clock, rules, s_fields, record => [Read(record, clock, turns)]);
    }

    private static SessionRecord Read(JsonRecord record, TraceClock clock, Dictionary<string, int> turns)
    {
        var session =
            record.Name(s_fields.Id)
            ?? string.Create(CultureInfo.InvariantCulture, $"line {record.Lines.LineNumber}");
        var turn = turns.GetValueOrDefault(session);
        var read = new SessionRecord
        {
            Line = record.Lines.LineNumber,
            Id = Id(session, turn),
            Parent = turn == 0 ? null : Id(session, turn - 1),
            Arrival = record.Time(s_fields.Arrival, clock),
            DelaySeconds = record.Number("delay", s_delay) * SecondsPerMillisecond,
            Input = record.Length("input_length"),
            Output = record.Length("output_length"),
            HashIds = record.HashIds("hash_ids"),
            IsNewOnly = record.Name("context_mode") switch
            {
                null => null,
                "deltas_without_responses" => true,
                "message_array_with_responses" => false,
                _ => throw record.Wrong(
                    "context_mode",
                    record.Field("context_mode"),
                    "deltas_without_responses or message_array_with_responses"
                ),
            },
        };
        turns[session] = turn + 1;
        return read;
    }

    private static string Id(string session, int turn) =>
        turn == 0 ? session : string.Create(CultureInfo.InvariantCulture, $"{session}, turn {turn + 1}");
}
