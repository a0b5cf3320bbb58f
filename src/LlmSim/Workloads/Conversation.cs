using LlmSim.Kernel;
using LlmSim.Memory;

namespace LlmSim.Workloads;

/// <summary>A part of a prompt: equal content has equal ids, and is cached once behind an equal beginning.</summary>
/// <param name="ContentId">Stands for the content.</param>
/// <param name="Tokens">Its length, at least 1.</param>
public readonly record struct PromptSegment(long ContentId, int Tokens);

/// <summary>
/// A request of a conversation. Its prompt is the whole conversation so far, as the client sends it; the KV cache of what was said before,
/// generated tokens included, can be found again.
/// </summary>
/// <param name="Prompt">What it sends, from the beginning.</param>
/// <param name="Output">The answer, whose length no policy sees.</param>
/// <param name="After">The turns that have to have ended before it is sent, by their position: all before its own.</param>
/// <param name="DelaySeconds">Seconds from the end of the last of those to its sending, at least 0: a person reads and types, a tool runs.</param>
public sealed record Turn(
    IReadOnlyList<PromptSegment> Prompt,
    PromptSegment Output,
    IReadOnlyList<int> After,
    double DelaySeconds
)
{
    /// <summary>Tokens of a block whose content has an id: no larger than a block of an engine, and a divisor of it.</summary>
    internal const int HashBlockTokens = 16;

    /// <summary>Length of its prompt in tokens.</summary>
    public int PromptTokens => Prompt.Sum(segment => segment.Tokens);

    /// <summary>Ids of the blocks of its prompt and of the answer behind it, the last of which may be partial.</summary>
    internal long[] HashIds()
    {
        var tokens = (long)PromptTokens + Output.Tokens;
        var ids = new long[(tokens + HashBlockTokens - 1) / HashBlockTokens];
        var (block, filled, id) = (0, 0, 0UL);
        foreach (var segment in Prompt.Append(Output))
        {
            for (var from = 0; from < segment.Tokens; )
            {
                var part = Math.Min(HashBlockTokens - filled, segment.Tokens - from);
                id = PrefixKeys.Mix(id ^ PrefixKeys.Mix((ulong)segment.ContentId));
                id = PrefixKeys.Mix(id + ((ulong)from * HashBlockTokens) + (ulong)part);
                from += part;
                filled += part;
                ids[block] = (long)id;
                if (filled == HashBlockTokens)
                {
                    block++;
                    (filled, id) = (0, 0);
                }
            }
        }

        return ids;
    }
}

/// <summary>
/// Requests of one client that follow each other: turns of a chat, steps of an agent, sub-agents side by side that join again. The first is sent
/// at its own time, each other one some time after those have ended that it waits for.
/// </summary>
public sealed class Conversation
{
    private readonly int[][] _followers;

    /// <summary>A conversation.</summary>
    /// <param name="turns">Its turns, at least one; the first waits for none, each other one for turns before it.</param>
    /// <param name="name">What it is called, for messages and results; null for nothing.</param>
    /// <exception cref="UserErrorException">A turn waits for none, for itself or for a later one, or its delay or a length is impossible.</exception>
    public Conversation(IReadOnlyList<Turn> turns, string? name = null)
    {
        Turns = turns;
        Name = name;
        Require(turns.Count > 0, $"has no turn");
        Require(turns[0].After.Count == 0, $"its first turn waits for another one");
        var followers = new List<int>[turns.Count];
        for (var i = 0; i < turns.Count; i++)
        {
            followers[i] = [];
            var turn = turns[i];
            Require(
                i == 0 || turn.After.Count > 0,
                $"turn {i} waits for no other; allowed: for a turn before it"
            );
            Require(
                turn.DelaySeconds is >= 0 and < 1e9,
                $"turn {i} has a delay of {turn.DelaySeconds} s; allowed: a number from 0 and below 1e9"
            );
            Require(
                turn.Output.Tokens >= 1
                    && turn.Prompt.Count > 0
                    && turn.Prompt.All(segment => segment.Tokens >= 1),
                $"turn {i} has an empty prompt or answer; allowed: at least 1 token"
            );
            foreach (var earlier in turn.After)
            {
                Require(
                    earlier >= 0 && earlier < i,
                    $"turn {i} waits for turn {earlier}; allowed: a turn before it"
                );
                followers[earlier].Add(i);
            }
        }

        _followers = [.. followers.Select(list => list.ToArray())];
    }

    /// <summary>Its turns, in an order in which none waits for a later one.</summary>
    public IReadOnlyList<Turn> Turns { get; }

    /// <summary>What it is called; null for nothing.</summary>
    public string? Name { get; }

    /// <summary>The turns that wait for one.</summary>
    internal ReadOnlySpan<int> Followers(int turn) => _followers[turn];

    /// <summary>The request that begins it; the ids of the others follow its own.</summary>
    /// <param name="id">Its number in the workload.</param>
    /// <param name="arrival">When it is sent.</param>
    /// <param name="origin">Who sends it.</param>
    public RequestSpec Begin(long id, SimTime arrival, RequestOrigin? origin = null) =>
        Request(id, turn: 0, arrival, origin);

    /// <summary>The request of a turn.</summary>
    /// <param name="firstId">Number of the request that began it.</param>
    /// <param name="turn">Which one.</param>
    /// <param name="arrival">When it is sent.</param>
    /// <param name="origin">Who sends it.</param>
    /// <param name="traits">What all its requests have in common; null for nothing.</param>
    internal RequestSpec Request(
        long firstId,
        int turn,
        SimTime arrival,
        RequestOrigin? origin,
        RequestTraits? traits = null
    )
    {
        var said = Turns[turn];
        return new RequestSpec(firstId + turn, arrival, said.PromptTokens, said.Output.Tokens)
        {
            Conversation = turn == 0 ? this : null,
            Origin = origin,
            Traits = traits,
        };
    }

    private void Require(bool isAllowed, FormattableString what)
    {
        if (!isAllowed)
        {
            var name = Name is null ? "a conversation" : $"conversation {Name}";
            throw new UserErrorException($"{name}: {FormattableString.Invariant(what)}");
        }
    }
}
