using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <content>A conversation whose turns are being read.</content>
internal sealed partial class SessionRows
{
    /// <summary>A conversation whose turns are being read.</summary>
    private sealed class Growing(SessionRows rows, SessionRecord first, int index)
    {
        private readonly SessionPrompts _prompts = new(
            rows._lines,
            rows._rules.BlockTokens,
            rows._ids.Part(index)
        );

        private readonly List<Turn> _turns = [];
        private readonly List<SessionRecord> _records = [];

        public int Index => index;

        public SimTime? Arrival => first.Arrival;

        /// <summary>Adds a turn.</summary>
        /// <returns>Its number.</returns>
        public int Add(SessionRecord record, int? before)
        {
            var isNew = record.IsNewOnly ?? (before is null ? false : IsNewByRule(record));
            var (prompt, output) = isNew ? _prompts.New(record, before) : _prompts.Whole(record, before);
            _turns.Add(
                new Turn(
                    prompt,
                    output,
                    before is { } turn ? [turn] : [],
                    before is { } one ? Delay(record, one) : 0
                )
            );
            _records.Add(record);
            return _turns.Count - 1;
        }

        public TraceRow Row()
        {
            var turn = _turns[0];
            return new TraceRow(Arrival, turn.PromptTokens, turn.Output.Tokens, null)
            {
                More = new TraceRowMore(Conversation(), Origin: null),
            };
        }

        private Conversation Conversation()
        {
            try
            {
                return new Conversation(_turns, first.Id);
            }
            catch (UserErrorException e)
            {
                throw rows.At(first, rows._fields.Id, e.Message);
            }
        }

        /// <summary>What is known of the pause; else the time between the two less that which the answer is taken to have needed.</summary>
        private double Delay(SessionRecord record, int before) =>
            record.DelaySeconds
            ?? (
                record.Arrival is { } arrival && _records[before].Arrival is { } earlier
                    ? Math.Max(
                        0,
                        (arrival - earlier).Seconds - (_records[before].Output * rows._rules.TpotSeconds)
                    )
                    : 0
            );

        private bool IsNewByRule(SessionRecord record) =>
            rows._rules.PromptsAre is { } rule
                ? rule == SessionRules.New
                : throw rows.At(
                    record,
                    rows._fields.Id,
                    $"{first.Id} goes on here, and whether its lengths are of the whole prompt or of what is new is not in the file; allowed: --session_prompts {SessionRules.Whole} (as Dynamo writes it) or {SessionRules.New} (as AIPerf does)"
                );
    }
}
