namespace LlmSim.Workloads;

/// <summary>Makes a conversation turn by turn.</summary>
internal sealed class ConversationBuilder(ContentIds ids)
{
    private readonly List<Turn> _turns = [];
    private long _contents;

    /// <summary>Turns so far.</summary>
    public int Count => _turns.Count;

    /// <summary>The last answer.</summary>
    public PromptSegment LastOutput => _turns[^1].Output;

    /// <summary>Content that nothing else has.</summary>
    public PromptSegment Fresh(int tokens) => new(ids.Id(_contents++), tokens);

    /// <summary>Asks with all that a context holds, to which the answer is added.</summary>
    /// <param name="context">What was said.</param>
    /// <param name="outputTokens">Length of the answer.</param>
    /// <param name="after">The turns that have to have ended.</param>
    /// <param name="delaySeconds">Seconds from their end.</param>
    /// <returns>The number of the turn.</returns>
    public int Ask(Context context, int outputTokens, IReadOnlyList<int> after, double delaySeconds)
    {
        var output = Fresh(outputTokens);
        _turns.Add(new Turn(context.Prompt, output, after, delaySeconds));
        context.Add(output);
        return _turns.Count - 1;
    }

    /// <summary>The conversation.</summary>
    public Conversation Build(string? name = null) => new(_turns, name);

    /// <summary>What one side of the conversation knows.</summary>
    public sealed class Context
    {
        private readonly List<PromptSegment> _all = [];

        /// <summary>Tokens of all.</summary>
        public int Tokens { get; private set; }

        /// <summary>All of it, as a prompt.</summary>
        public IReadOnlyList<PromptSegment> Prompt => new SaidSoFar(_all, _all.Count);

        /// <summary>Adds what is not empty.</summary>
        public void Add(PromptSegment segment)
        {
            if (segment.Tokens > 0)
            {
                _all.Add(segment);
                Tokens += segment.Tokens;
            }
        }
    }
}
