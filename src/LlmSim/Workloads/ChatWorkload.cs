using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Conversations of people: a message, an answer, a pause in which it is read and the next message written. Each prompt is all that was
/// said. Unless told otherwise turns and lengths are those of WildChat (Zhao et al., ICLR 2024, table 1: 2.52 turns, messages of
/// 295.58 ± 1609.18 tokens, answers of 441.34 ± 410.91), and pauses exponential with 80 % within ten minutes, as the reuse of a chat
/// service was found (Wang et al., KVCache Cache in the Wild, USENIX ATC 2025).
/// </summary>
internal sealed record ChatWorkload
{
    /// <summary>The name of the source.</summary>
    public const string Name = "chat";

    private const int MostVariants = 1_000_000;

    private static readonly string[] s_names =
    [
        .. Counts.Names("turns"),
        .. MeanLengths.Names("first"),
        .. MeanLengths.Names("message"),
        .. MeanLengths.Names("answer"),
        .. Pauses.Names("think"),
        "system",
        "systems",
    ];

    private Counts Turns { get; init; } = new(2.52, Counts.Geometric);

    private MeanLengths First { get; init; } = new(295.58, 1.85);

    private MeanLengths Message { get; init; } = new(295.58, 1.85);

    private MeanLengths Answer { get; init; } = new(441.34, 0.79);

    /// <summary>600 s / ln 5.</summary>
    private Pauses Think { get; init; } = new(373, Pauses.Exponential, 1);

    /// <summary>Tokens of the system prompt; 0 for none.</summary>
    private int SystemTokens { get; init; }

    /// <summary>How many system prompts there are.</summary>
    private int Systems { get; init; } = 1;

    /// <summary>Reads <c>chat</c> or <c>chat:turns=4,think=30s</c>.</summary>
    /// <exception cref="UserErrorException">A value is wrong.</exception>
    public static ChatWorkload Parse(string text)
    {
        var values = NamedValues.Parse("request_source", text, s_names);
        var usual = new ChatWorkload();
        var message = MeanLengths.Parse(values, "message", usual.Message);
        return new ChatWorkload
        {
            Turns = Counts.Parse(values, "turns", usual.Turns),
            Message = message,
            First = MeanLengths.Parse(values, "first", message),
            Answer = MeanLengths.Parse(values, "answer", usual.Answer),
            Think = Pauses.Parse(values, "think", usual.Think),
            SystemTokens = values.Whole("system", new FigureRange(0, WorkloadParameter.MaxTokensLimit), 0),
            Systems = values.Whole("systems", new FigureRange(1, MostVariants), 1),
        };
    }

    /// <summary>Endless conversations, all of which begin at 0.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="maxTokens">A conversation ends before a prompt with its answer would be longer.</param>
    /// <exception cref="UserErrorException">The system prompt takes more than half of that.</exception>
    public IEnumerable<RequestSpec> Generate(long seed, int maxTokens)
    {
        WorkloadParameter.RequireConversationTokens(maxTokens);
        if (SystemTokens > maxTokens / 2)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"request_source: chat: system: found {SystemTokens}; allowed: up to half of max_len, which is {maxTokens}"
                )
            );
        }

        return Conversations(seed, maxTokens);
    }

    /// <summary>All its values, as they can be given.</summary>
    public override string ToString() =>
        $"{Name}:{Turns.Text("turns")},{First.Text("first")},{Message.Text("message")},{Answer.Text("answer")},{Think.Text("think")}"
        + FormattableString.Invariant($",system={SystemTokens},systems={Systems}");

    private IEnumerable<RequestSpec> Conversations(long seed, int maxTokens)
    {
        var ids = ContentIds.Of(seed);
        var id = 0L;
        for (var number = 0L; ; number++)
        {
            var conversation = Conversation(
                new ConversationStreams(seed, Name, number),
                ids,
                number,
                maxTokens
            );
            yield return conversation.Begin(id, SimTime.Zero);
            id += conversation.Turns.Count;
        }
    }

    private Conversation Conversation(ConversationStreams streams, ContentIds ids, long number, int maxTokens)
    {
        var (lengths, outputs, pauses) = (streams["lengths"], streams["outputs"], streams["pauses"]);
        var builder = new ConversationBuilder(ids.Part(number));
        var context = new ConversationBuilder.Context();
        context.Add(new PromptSegment(ids.Id(-1 - streams["systems"].Next(Systems)), SystemTokens));
        var turns = Turns.Sample(streams["turns"]);
        for (var turn = 0; turn < turns; turn++)
        {
            var answer = Answer.Sample(outputs, maxTokens / 4);
            var left = maxTokens - context.Tokens - answer;
            var message = (turn == 0 ? First : Message).Sample(lengths, turn == 0 ? left : int.MaxValue);
            var pause = Think.Sample(pauses);
            if (message > left)
            {
                break;
            }

            context.Add(builder.Fresh(message));
            builder.Ask(context, answer, turn == 0 ? [] : [turn - 1], turn == 0 ? 0 : pause);
        }

        return builder.Build();
    }
}
