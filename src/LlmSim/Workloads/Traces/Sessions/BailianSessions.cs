namespace LlmSim.Workloads.Traces;

/// <summary>
/// Chats of Bailian's traces: a request names the one that it follows, and its length and blocks are those of the whole prompt
/// (github.com/alibaba-edu/qwen-bailian-usagetraces-anon, README and docs/qa-context-growth-pattern.md).
/// </summary>
internal static class BailianSessions
{
    private const string Root = "-1";

    private static readonly SessionFields s_fields = new("chat_id", "parent_chat_id", "timestamp");

    public static ITraceRows Open(LineReader lines, TraceClockFactory clockOf, SessionRules rules)
    {
        var clock = clockOf(s_fields.Arrival);
        return new SessionRows(lines, clock, rules, s_fields, record => [Read(record, clock)]);
    }

    private static SessionRecord Read(JsonRecord record, TraceClock clock)
    {
        var parent = record.Name(s_fields.Parent);
        return new SessionRecord
        {
            Line = record.Lines.LineNumber,
            Id = record.RequiredName(s_fields.Id),
            Parent = parent == Root ? null : parent,
            Arrival = record.Time(s_fields.Arrival, clock),
            Input = record.Length("input_length"),
            Output = record.Length("output_length"),
            HashIds = record.HashIds("hash_ids"),
            IsNewOnly = false,
        };
    }
}
