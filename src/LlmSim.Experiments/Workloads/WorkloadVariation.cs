using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <summary>A workload as it would be with other lengths, or with more or less in common between its prompts.</summary>
/// <param name="Input">By what the lengths of prompts are multiplied.</param>
/// <param name="Output">By what the lengths of outputs are multiplied.</param>
/// <param name="Prefix">By what the share of the blocks that an earlier prompt has too is multiplied, as nearly as it can be.</param>
internal sealed record WorkloadVariation(double Input = 1, double Output = 1, double Prefix = 1)
{
    /// <summary>Earlier prompts that are looked at for one that is long enough to be asked again.</summary>
    private const int MostTries = 32;

    /// <summary>How near the lengths of blocks come to a factor that is not exactly theirs, at least.</summary>
    private const double BlockPrecision = 0.05;

    /// <summary>
    /// Whether lengths of prompts that share blocks of so many tokens can be varied so: the blocks are what becomes longer, so that
    /// prompts have as much in common as before.
    /// </summary>
    public static bool CanScale(int blockTokens, double factor) =>
        Math.Abs(((double)Scaled(blockTokens, factor) / blockTokens) - factor) <= BlockPrecision + 1e-9;

    /// <summary>The requests as they would be; the same in each enumeration.</summary>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests)
    {
        var prefixes = new PrefixShare(Prefix);
        foreach (var request in requests)
        {
            if (request.Conversation is { } conversation)
            {
                yield return WithLengths(conversation).Begin(request.Id, request.Arrival, request.Origin) with
                {
                    Traits = request.Traits,
                };
                continue;
            }

            var scaled = WithThoughts(WithLengths(request));
            yield return scaled.HashIds is { Length: > 0 } ids && Prefix != 1
                ? scaled with
                {
                    HashIds = prefixes.Next(ids),
                }
                : scaled;
        }
    }

    /// <summary>Answers keep one length, as an output and in the prompts that have them. What prompts share stays as it is.</summary>
    private Conversation WithLengths(Conversation conversation)
    {
        var outputs = conversation.Turns.Select(turn => turn.Output.ContentId).ToHashSet();
        PromptSegment Segment(PromptSegment segment) =>
            segment with
            {
                Tokens = Scaled(segment.Tokens, outputs.Contains(segment.ContentId) ? Output : Input),
            };
        return new Conversation(
            [
                .. conversation.Turns.Select(turn =>
                    turn with
                    {
                        Prompt = [.. turn.Prompt.Select(Segment)],
                        Output = Segment(turn.Output),
                    }
                ),
            ],
            conversation.Name
        );
    }

    private RequestSpec WithLengths(in RequestSpec request)
    {
        var output = Scaled(request.OutputTokens, Output);
        if (request.HashIds is not { Length: > 0 } ids || Input == 1)
        {
            return request with { InputTokens = Scaled(request.InputTokens, Input), OutputTokens = output };
        }

        // As many blocks as before, each so much longer; the last one may be partial, or not be there.
        var blockTokens = Scaled(request.HashBlockTokens, Input);
        var isWhole = ids.Length == request.InputTokens / request.HashBlockTokens;
        var least = isWhole ? ids.Length * blockTokens : ((ids.Length - 1) * blockTokens) + 1;
        var most = isWhole ? ((ids.Length + 1) * blockTokens) - 1 : ids.Length * blockTokens;
        return request with
        {
            InputTokens = Math.Clamp(Scaled(request.InputTokens, Input), least, most),
            OutputTokens = output,
            HashBlockTokens = blockTokens,
        };
    }

    private RequestSpec WithThoughts(in RequestSpec request) =>
        request.Traits is { ThinkingTokens: > 0 and var tokens } traits
            ? request with
            {
                Traits = traits with { ThinkingTokens = Scaled(tokens, Output) },
            }
            : request;

    private static int Scaled(int tokens, double factor) => Math.Max(1, (int)Math.Round(tokens * factor));

    /// <summary>
    /// Less in common: prompts get content of their own whenever more is shared so far than should be. More: they ask what an earlier one
    /// asked whenever less is. Where nothing was shared, nothing is.
    /// </summary>
    private sealed class PrefixShare(double factor)
    {
        private readonly RandomStream _random = new(0, "prefixes");
        private readonly HashSet<long> _known = [];
        private readonly HashSet<long> _knownNow = [];
        private readonly List<long[]> _earlier = [];
        private long _shared;
        private long _sharedNow;
        private long _fresh = long.MinValue;

        public long[] Next(long[] ids)
        {
            _shared += Shared(ids, _known);
            var next = Chosen(ids);
            _sharedNow += Shared(next, _knownNow);
            _earlier.Add(next);
            return next;
        }

        private long[] Chosen(long[] ids)
        {
            var asked = factor * _shared;
            var shared = _sharedNow + ids.TakeWhile(_knownNow.Contains).Count();
            return factor < 1 && shared > asked ? [.. ids.Select(_ => _fresh++)]
                : factor > 1 && shared < asked ? Earlier(ids.Length) ?? ids
                : ids;
        }

        /// <summary>Blocks of a prompt that were there before it; from now on it is.</summary>
        private static int Shared(long[] ids, HashSet<long> known)
        {
            var shared = ids.TakeWhile(known.Contains).Count();
            known.UnionWith(ids);
            return shared;
        }

        private long[]? Earlier(int blocks)
        {
            for (var i = 0; i < MostTries && _earlier.Count > 0; i++)
            {
                var one = _earlier[_random.Next(_earlier.Count)];
                if (one.Length >= blocks)
                {
                    return one[..blocks];
                }
            }

            return null;
        }
    }
}
