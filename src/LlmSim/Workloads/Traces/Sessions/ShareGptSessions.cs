using System.Globalization;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// All turns of ShareGPT's conversations: what people say up to an answer is new in its prompt. There are no times and no pauses: the next message
/// is sent when the answer has come.
/// </summary>
internal static class ShareGptSessions
{
    private static readonly SessionFields s_fields = new("id", "conversations", "");

    public static ITraceRows Open(LineReader lines, TraceClockFactory clockOf, SessionRules rules)
    {
        SessionRows? rows = null;
        rows = new SessionRows(
            lines,
            clock: null,
            rules,
            s_fields,
            record => Read(record, onEstimate: () => rows!.Notice = ShareGptFormat.EstimateNotice)
        );
        return rows;
    }

    private static List<SessionRecord> Read(JsonRecord record, Action onEstimate)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"line {record.Lines.LineNumber}");
        var turns = new List<SessionRecord>();
        var (said, isAsked) = (0L, false);
        var messages = record.Field("conversations");
        foreach (
            var message in messages.ValueKind == JsonValueKind.Array ? messages.EnumerateArray() : default
        )
        {
            var role = ShareGptFormat.RoleOf(message);
            if (role is MessageRole.Other || (role is MessageRole.Answer && !isAsked))
            {
                continue;
            }

            var tokens = ShareGptFormat.Tokens(record.Lines, message, onEstimate);
            if (role is MessageRole.Person)
            {
                (said, isAsked) = (said + tokens, true);
                continue;
            }

            turns.Add(
                new SessionRecord
                {
                    Line = record.Lines.LineNumber,
                    Id = string.Create(CultureInfo.InvariantCulture, $"{name}, turn {turns.Count + 1}"),
                    Parent = turns.Count == 0 ? null : turns[^1].Id,
                    Input = (int)Math.Min(said, int.MaxValue),
                    Output = tokens,
                    IsNewOnly = true,
                }
            );
            (said, isAsked) = (0, false);
        }

        return turns.Count > 0 ? turns : throw ShareGptFormat.NoExchange(record.Lines);
    }
}
