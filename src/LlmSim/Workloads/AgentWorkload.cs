using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Agents: a user asks, the model answers with calls of tools, whose results come back after a pause and are added to the prompt, until the
/// task is done. A step may start sub-agents side by side, each with a context of its own; the agent goes on when all have ended, with their
/// answers in its prompt. When the context would be too long it is compacted: the model writes a summary, and the prompt becomes the system
/// prompt and that. Unless told otherwise steps, answers, results and pauses are those of coding agents (Zhu et al., TraceLab, 2026), the
/// shared and the starting prompt those of AIPerf's generator of agentic code.
/// </summary>
internal sealed partial record AgentWorkload
{
    /// <summary>The name of the source.</summary>
    public const string Name = "agent";

    private const int MostVariants = 1_000_000;

    /// <summary>Of a conversation on average, which is held in memory as a whole.</summary>
    private const double MostSteps = 10_000;

    private static readonly string[] s_names =
    [
        .. Counts.Names("requests"),
        .. Counts.Names("steps"),
        .. MeanLengths.Names("start"),
        .. MeanLengths.Names("message"),
        .. MeanLengths.Names("answer"),
        .. MeanLengths.Names("result"),
        .. Pauses.Names("tool"),
        .. Pauses.Names("think"),
        "system",
        "systems",
        "context",
        "summary",
        "fork",
        .. Counts.Names("subagents"),
        .. Counts.Names("sub_steps"),
        "sub_system",
    ];

    private Counts Requests { get; init; } = new(1, Counts.Geometric);

    private Counts Steps { get; init; } = new(8.8, Counts.Geometric);

    private MeanLengths Start { get; init; } = new(15_000, 1);

    private MeanLengths Message { get; init; } = new(295.58, 1.85);

    private MeanLengths Answer { get; init; } = new(523, 1);

    private MeanLengths Result { get; init; } = new(1_900, 1);

    private Pauses Tool { get; init; } = new(5.9, Pauses.Lognormal, 2);

    private Pauses Think { get; init; } = new(373, Pauses.Exponential, 1);

    private int SystemTokens { get; init; } = 32_000;

    private int Systems { get; init; } = 1;

    private int ContextTokens { get; init; } = 167_000;

    private int SummaryTokens { get; init; } = 2_000;

    private double Fork { get; init; }

    private Counts SubAgents { get; init; } = new(3, Counts.Fixed);

    private Counts SubSteps { get; init; } = new(4, Counts.Geometric);

    private int SubSystemTokens { get; init; } = 8_000;

    /// <summary>Reads <c>agent</c> or <c>agent:steps=20,tool=2s</c>.</summary>
    /// <exception cref="UserErrorException">A value is wrong, or the system prompt and a summary fill the context.</exception>
    public static AgentWorkload Parse(string text)
    {
        var values = NamedValues.Parse("request_source", text, s_names);
        var usual = new AgentWorkload();
        var tokens = new FigureRange(0, WorkloadParameter.MaxTokensLimit);
        return new AgentWorkload
        {
            Requests = Counts.Parse(values, "requests", usual.Requests),
            Steps = Counts.Parse(values, "steps", usual.Steps),
            Start = MeanLengths.Parse(values, "start", usual.Start),
            Message = MeanLengths.Parse(values, "message", usual.Message),
            Answer = MeanLengths.Parse(values, "answer", usual.Answer),
            Result = MeanLengths.Parse(values, "result", usual.Result),
            Tool = Pauses.Parse(values, "tool", usual.Tool),
            Think = Pauses.Parse(values, "think", usual.Think),
            SystemTokens = values.Whole("system", tokens, usual.SystemTokens),
            Systems = values.Whole("systems", new FigureRange(1, MostVariants), 1),
            ContextTokens = values.Whole(
                "context",
                new FigureRange(16, WorkloadParameter.MaxTokensLimit),
                usual.ContextTokens
            ),
            SummaryTokens = values.Whole(
                "summary",
                new FigureRange(1, WorkloadParameter.MaxTokensLimit),
                usual.SummaryTokens
            ),
            Fork = values.Number("fork", FigureRanges.Share, 0),
            SubAgents = Counts.Parse(values, "subagents", usual.SubAgents),
            SubSteps = Counts.Parse(values, "sub_steps", usual.SubSteps),
            SubSystemTokens = values.Whole("sub_system", tokens, usual.SubSystemTokens),
        };
    }

    /// <summary>Endless conversations, all of which begin at 0.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="maxTokens">The longest prompt, where it is shorter than the context of the agent.</param>
    /// <exception cref="UserErrorException">The system prompts and a summary leave no room in the context.</exception>
    public IEnumerable<RequestSpec> Generate(long seed, int maxTokens)
    {
        WorkloadParameter.RequireConversationTokens(maxTokens);
        var context = Math.Min(ContextTokens, maxTokens);
        var taken = Math.Max(SystemTokens + (2 * SummaryTokens), Fork > 0 ? SubSystemTokens : 0);
        if (Requests.Mean * Steps.Mean > MostSteps)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"request_source: agent: steps: found {Steps.Mean} for each of {Requests.Mean} requests; allowed: up to {MostSteps} in all"
                )
            );
        }

        return taken <= context / 2
            ? Conversations(seed, this with { ContextTokens = context })
            : throw new UserErrorException(
                FormattableString.Invariant(
                    $"request_source: agent: context: found {context} (the smaller of it and max_len), of which the system prompt and two summaries take {taken}; allowed: twice that at least"
                )
            );
    }

    /// <summary>All its values, as they can be given.</summary>
    public override string ToString() =>
        $"{Name}:{Requests.Text("requests")},{Steps.Text("steps")},{Start.Text("start")},{Message.Text("message")},{Answer.Text("answer")},"
        + $"{Result.Text("result")},{Tool.Text("tool")},{Think.Text("think")}"
        + FormattableString.Invariant(
            $",system={SystemTokens},systems={Systems},context={ContextTokens},summary={SummaryTokens},fork={Fork}"
        )
        + (
            Fork > 0
                ? $",{SubAgents.Text("subagents")},{SubSteps.Text("sub_steps")}"
                    + FormattableString.Invariant($",sub_system={SubSystemTokens}")
                : ""
        );

    private static IEnumerable<RequestSpec> Conversations(long seed, AgentWorkload workload)
    {
        var ids = ContentIds.Of(seed);
        var id = 0L;
        for (var number = 0L; ; number++)
        {
            var conversation = new Work(
                workload,
                new ConversationStreams(seed, Name, number),
                ids,
                number
            ).Conversation();
            yield return conversation.Begin(id, SimTime.Zero);
            id += conversation.Turns.Count;
        }
    }
}
