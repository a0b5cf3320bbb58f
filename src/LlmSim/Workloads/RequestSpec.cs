using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>A request as a workload describes it: what the cluster is asked, before anything has happened to it.</summary>
/// <param name="Id">0, 1, 2, … in the order of the workload.</param>
/// <param name="Arrival">When it reaches the cluster, from the start of the simulation.</param>
/// <param name="InputTokens">Length of the prompt in tokens, at least 1.</param>
/// <param name="OutputTokens">Tokens that it will generate, at least 1. Policies do not see it.</param>
/// <param name="HashIds">One id for each block of the prompt; equal ids are equal content behind an equal prefix. Null when not read.</param>
/// <param name="HashBlockTokens">Tokens of such a block, at least 1; the last one of a prompt may hold fewer.</param>
public readonly record struct RequestSpec(
    long Id,
    SimTime Arrival,
    int InputTokens,
    int OutputTokens,
    long[]? HashIds = null,
    int HashBlockTokens = RequestSpec.MooncakeBlockTokens
)
{
    /// <summary>Tokens of a block in Mooncake's published traces.</summary>
    public const int MooncakeBlockTokens = 512;

    // A struct in the struct: the runtime then lays the references between the numbers, and copies, of which each step of a workload
    // makes one, take a third of the time.
    private readonly PromptBlocks _blocks = new(HashIds, HashBlockTokens, null, null, null);

    /// <summary>
    /// One id for each block of the prompt; equal ids are equal content behind an equal prefix. Null when not read. More ids than that go on
    /// with the answer, which can then be found in a KV cache as well.
    /// </summary>
    public long[]? HashIds
    {
        get => _blocks.HashIds;
        init => _blocks = _blocks with { HashIds = value };
    }

    /// <summary>Tokens of such a block, at least 1; the last one of a prompt may hold fewer.</summary>
    public int HashBlockTokens
    {
        get => _blocks.HashBlockTokens;
        init => _blocks = _blocks with { HashBlockTokens = value };
    }

    /// <summary>Who sends it; null when nothing is known, and it is in no results by class and tenant.</summary>
    public RequestOrigin? Origin
    {
        get => _blocks.Origin;
        init => _blocks = _blocks with { Origin = value };
    }

    /// <summary>The conversation that it begins, whose other requests follow it; null when it stands alone.</summary>
    public Conversation? Conversation
    {
        get => _blocks.Conversation;
        init => _blocks = _blocks with { Conversation = value };
    }

    /// <summary>The pictures, then the videos and recordings, behind the text of its prompt, of which <see cref="InputTokens" /> counts the text alone; null for none.</summary>
    internal IReadOnlyList<MediaItem>? Media
    {
        get => _blocks.Traits?.Media;
        init => Traits = ((Traits ?? new()) with { Media = value }).OrNull;
    }

    /// <summary>Name of the LoRA adapter that it asks for; null for the model as it is.</summary>
    public string? Adapter
    {
        get => _blocks.Traits?.Adapter;
        init => Traits = ((Traits ?? new()) with { Adapter = value }).OrNull;
    }

    /// <summary>Name of the grammar, such as a JSON schema, that its output has to follow; null for any output.</summary>
    public string? Schema
    {
        get => _blocks.Traits?.Schema;
        init => Traits = ((Traits ?? new()) with { Schema = value }).OrNull;
    }

    /// <summary>Tokens of its output that are thoughts before its answer; at least 0.</summary>
    public int ThinkingTokens
    {
        get => _blocks.Traits?.ThinkingTokens ?? 0;
        init => Traits = ((Traits ?? new()) with { ThinkingTokens = value }).OrNull;
    }

    /// <summary>What few requests have; null for nothing.</summary>
    internal RequestTraits? Traits
    {
        get => _blocks.Traits;
        init => _blocks = _blocks with { Traits = value };
    }

    /// <summary>The same request with the content of its turn.</summary>
    internal RequestSpec WithContent(Turn turn) =>
        this with
        {
            HashIds = turn.HashIds(),
            HashBlockTokens = Turn.HashBlockTokens,
        };

    private readonly record struct PromptBlocks(
        long[]? HashIds,
        int HashBlockTokens,
        RequestOrigin? Origin,
        Conversation? Conversation,
        RequestTraits? Traits
    );
}
