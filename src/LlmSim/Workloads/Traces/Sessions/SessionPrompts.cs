namespace LlmSim.Workloads.Traces;

/// <summary>Prompts of a conversation, of what a trace says of their lengths and blocks. Those that go on where another ended share its list.</summary>
/// <param name="lines">The file, for errors.</param>
/// <param name="blockTokens">Tokens that a hash id stands for.</param>
/// <param name="ids">Ids for what the trace gives none.</param>
internal sealed class SessionPrompts(LineReader lines, int blockTokens, ContentIds ids)
{
    private readonly List<Said> _turns = [];
    private long _contents;

    /// <summary>The turns so far.</summary>
    public int Count => _turns.Count;

    /// <summary>Tokens of a turn's prompt and its answer.</summary>
    public int TokensAfter(int turn) => _turns[turn].Tokens;

    /// <summary>
    /// The prompt and the answer of the next turn, where lengths are those of the whole prompt. It goes on from another turn when it is long enough for that turn's
    /// prompt and answer, and begins with all whole blocks of that prompt; then the answer is in it, and the rest is new. Otherwise its blocks are all that is known.
    /// </summary>
    public (IReadOnlyList<PromptSegment> Prompt, PromptSegment Output) Whole(
        SessionRecord record,
        int? before
    )
    {
        var goesOn =
            before is { } turn
            && record.Input >= _turns[turn].Tokens
            && BeginsWith(record.HashIds, _turns[turn].Record);
        var said = goesOn ? Continued(_turns[before!.Value]) : new Said([], 0, 0, record);
        return Ask(record, Add(said, record, Segments(record, said.Tokens)));
    }

    /// <summary>The same where lengths and blocks are those of what is new.</summary>
    public (IReadOnlyList<PromptSegment> Prompt, PromptSegment Output) New(SessionRecord record, int? before)
    {
        var said = before is { } turn ? Continued(_turns[turn]) : new Said([], 0, 0, record);
        return Ask(record, Add(said, record, Segments(record, 0)));
    }

    private (IReadOnlyList<PromptSegment>, PromptSegment) Ask(SessionRecord record, Said said)
    {
        var prompt = new SaidSoFar(said.All, said.Count);
        var output = new PromptSegment(Fresh(), record.Output);
        _turns.Add(Add(said, record, [output]));
        return (prompt, output);
    }

    private long Fresh() => ids.Id(_contents++);

    /// <summary>The list itself while nothing else goes on from its end, else a copy.</summary>
    private static Said Continued(Said said) =>
        said.All.Count == said.Count ? said : said with { All = [.. said.All.Take(said.Count)] };

    private Said Add(Said said, SessionRecord record, IEnumerable<PromptSegment> segments)
    {
        var tokens = (long)said.Tokens;
        foreach (var segment in segments)
        {
            tokens += segment.Tokens;
            said.All.Add(segment);
        }

        return tokens <= int.MaxValue
            ? new Said(said.All, said.All.Count, (int)tokens, record)
            : throw lines.ErrorAt(
                record.Line,
                "",
                FormattableString.Invariant(
                    $"with all that was said before its prompt has {tokens} tokens; allowed: up to {int.MaxValue}"
                )
            );
    }

    /// <summary>The content from a token on, block by block as far as there are ids.</summary>
    private IEnumerable<PromptSegment> Segments(SessionRecord record, int from)
    {
        var known = (record.HashIds?.Length ?? 0) * (long)blockTokens;
        while (from < record.Input)
        {
            var block = from / blockTokens;
            var end = (int)Math.Min(record.Input, (block + 1L) * blockTokens);
            if (from >= known)
            {
                yield return new PromptSegment(Fresh(), record.Input - from);
                yield break;
            }

            yield return new PromptSegment(record.HashIds![block], end - from);
            from = end;
        }
    }

    private bool BeginsWith(long[]? ids, SessionRecord before)
    {
        var whole = Math.Min(before.HashIds?.Length ?? 0, before.Input / blockTokens);
        return (ids is null && whole == 0)
            || (
                ids is not null
                && ids.Length >= whole
                && ids.AsSpan(0, whole).SequenceEqual(before.HashIds.AsSpan(0, whole))
            );
    }

    private sealed record Said(List<PromptSegment> All, int Count, int Tokens, SessionRecord Record);
}
