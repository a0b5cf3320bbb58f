using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// This project's own format, which keeps conversations and classes: JSON Lines, one item a line with its version, <c>"llmsim": 1</c>. A conversation has
/// <c>turns</c>; of each the <c>prompt</c> behind what turn <c>from</c> said and was answered, as pairs of a content id and its tokens, the <c>output</c>, the
/// turns <c>after</c> which it is sent, and the <c>delay</c> in s.
/// </summary>
internal static class LlmSimFormat
{
    public const string Mark = "llmsim";
    public const int Version = 1;

    public static TraceFormat Format { get; } =
        new("llmsim", "this program's own: requests and conversations with their classes, timestamp in ms")
        {
            Marks = [Mark],
            Arrival = ["timestamp"],
            Input = ["input_length"],
            Output = ["output_length"],
            Unit = TimeUnit.Milliseconds,
            IsUnitCertain = true,
            Rows = (lines, clock) => new ItemRows(lines, clock("timestamp")),
            Sessions = (lines, clock, _) => new ItemRows(lines, clock("timestamp")),
        };

    private sealed class ItemRows(LineReader lines, TraceClock clock) : ITraceRows
    {
        private readonly RequestOrigins _origins = new();

        public TraceClock Clock => clock;

        public string ArrivalField => "timestamp";

        public bool MoveNext() => lines.MoveNext();

        public UserErrorException Error(string field, string message) => lines.Error(field, message);

        public TraceRow Read()
        {
            using var document = JsonRecord.Parse(lines);
            var record = new JsonRecord(lines, document.RootElement);
            if (
                !(
                    record.Field(Mark).ValueKind == JsonValueKind.Number
                    && record.Number(Mark, new FigureRange(1, Version)) == Version
                )
            )
            {
                throw record.Wrong(Mark, record.Field(Mark), $"{Version}");
            }

            var origin = Origin(record);
            var traits = new RequestTraits
            {
                Adapter = record.Name("adapter"),
                Schema = record.Name("schema"),
                ThinkingTokens = record.Has("thinking") ? record.Length("thinking") : 0,
                Media = MediaItem.Join(
                    MediaItem.Join(
                        MediaOf(record, TraceFields.ImagesKey, MediaKind.Image),
                        MediaOf(record, TraceFields.VideosKey, MediaKind.Video)
                    ),
                    MediaOf(record, TraceFields.AudioKey, MediaKind.Audio)
                ),
            }.OrNull;
            var arrival = record.Time(ArrivalField, clock);
            if (!record.Has("turns"))
            {
                return new TraceRow(
                    arrival,
                    record.Length("input_length"),
                    record.Length("output_length"),
                    record.HashIds("hash_ids")
                )
                {
                    More =
                        origin is null && traits is null && !record.Has("hash_block")
                            ? null
                            : new TraceRowMore(null, origin)
                            {
                                Traits = traits,
                                HashBlockTokens = record.Has("hash_block")
                                    ? record.Length("hash_block")
                                    : null,
                            },
                };
            }

            var conversation = Conversation(record);
            var first = conversation.Turns[0];
            return new TraceRow(arrival, first.PromptTokens, first.Output.Tokens)
            {
                More = new TraceRowMore(conversation, origin) { Traits = traits },
            };
        }

        private static IReadOnlyList<MediaItem>? MediaOf(JsonRecord record, string field, MediaKind kind) =>
            !record.Has(field) ? null
            : MediaItem.TryParseList(record.Name(field) ?? "", kind, out var items) ? items
            : throw record.Wrong(field, record.Field(field), MediaItem.AllowedList(kind));

        private RequestOrigin? Origin(JsonRecord record) =>
            _origins.Of(
                record.Name("class"),
                record.Name("tenant"),
                record.Number("priority", RequestOrigins.PriorityRange),
                record.Number("weight", RequestOrigins.WeightRange),
                record.Number("ttft_slo", FigureRanges.LimitSeconds),
                record.Number("tpot_slo", FigureRanges.LimitSeconds),
                record.Number("deadline", FigureRanges.LimitSeconds),
                record.Name("model")
            );

        private Conversation Conversation(JsonRecord record)
        {
            var turns = new List<Turn>();
            var contexts = new List<(List<PromptSegment> All, int Count)>();
            foreach (var element in Items(record, "turns"))
            {
                var turn = new JsonRecord(lines, element);
                var (all, count) = turn.Has("from") ? Continued(turn, contexts) : ([], 0);
                foreach (var segment in Items(turn, "prompt"))
                {
                    all.Add(Segment(turn, "prompt", segment));
                    count++;
                }

                var output = Segment(turn, "output", turn.Field("output"));
                turns.Add(
                    new Turn(
                        new SaidSoFar(all, count),
                        output,
                        turn.Has("after")
                            ?
                            [
                                .. Items(turn, "after")
                                    .Select(after => Place(turn, "after", after, turns.Count)),
                            ]
                            : [],
                        turn.Number("delay", new FigureRange(0, 1e9, "s")) ?? 0
                    )
                );
                all.Add(output);
                contexts.Add((all, count + 1));
            }

            RequireTokens(turns);
            try
            {
                return new Conversation(turns, record.Name("conversation"));
            }
            catch (UserErrorException e)
            {
                throw lines.Error("turns", e.Message);
            }
        }

        /// <summary>The list itself while nothing else goes on from its end, else a copy.</summary>
        private static (List<PromptSegment> All, int Count) Continued(
            JsonRecord turn,
            List<(List<PromptSegment> All, int Count)> contexts
        )
        {
            var (all, count) = contexts[Place(turn, "from", turn.Field("from"), contexts.Count)];
            return (all.Count == count ? all : [.. all.Take(count)], count);
        }

        private static int Place(JsonRecord turn, string field, JsonElement element, int turns) =>
            element.ValueKind == JsonValueKind.Number
            && element.TryGetInt32(out var place)
            && place >= 0
            && place < turns
                ? place
                : throw turn.Wrong(
                    field,
                    element,
                    FormattableString.Invariant($"the number of a turn before it, which is turn {turns}")
                );

        private static PromptSegment Segment(JsonRecord turn, string field, JsonElement element) =>
            element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
                ? new PromptSegment(turn.Whole(field, element[0]), turn.Length(field, element[1]))
                : throw turn.Wrong(field, element, "[ID, TOKENS]");

        private void RequireTokens(List<Turn> turns)
        {
            foreach (var turn in turns)
            {
                if (turn.Prompt.Sum(segment => (long)segment.Tokens) > int.MaxValue)
                {
                    throw lines.Error("prompt", $"has more than {int.MaxValue} tokens; allowed: fewer");
                }
            }
        }

        private static JsonElement.ArrayEnumerator Items(JsonRecord record, string field) =>
            record.Field(field) is { ValueKind: JsonValueKind.Array } array
                ? array.EnumerateArray()
                : throw record.Wrong(field, record.Field(field), "a list");
    }
}
