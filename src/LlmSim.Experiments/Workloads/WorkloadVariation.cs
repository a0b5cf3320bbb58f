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
            var scaled = WithLengths(request);
            yield return scaled.HashIds is { Length: > 0 } ids && Prefix != 1
                ? scaled with
                {
                    HashIds = prefixes.Next(ids),
                }
                : scaled;
        }
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

    private static int Scaled(int tokens, double factor) => Math.Max(1, (int)Math.Round(tokens * factor));

    /// <summary>
    /// Less in common: some prompts get content of their own. More: some ask what an earlier one asked, so many that the share of blocks
    /// which were there before rises as is asked; where nothing was shared, it stays at that.
    /// </summary>
    private sealed class PrefixShare(double factor)
    {
        private readonly RandomStream _random = new(0, "prefixes");
        private readonly HashSet<long> _known = [];
        private readonly List<long[]> _earlier = [];
        private long _blocks;
        private long _shared;
        private long _fresh = long.MinValue;

        public long[] Next(long[] ids)
        {
            _blocks += ids.Length;
            _shared += ids.TakeWhile(_known.Contains).Count();
            _known.UnionWith(ids);
            var share = (double)_shared / _blocks;
            var next =
                factor < 1
                    ? _random.NextDouble() < 1 - factor ? [.. ids.Select(_ => _fresh++)] : ids
                : _random.NextDouble() < (factor - 1) * share / Math.Max(1e-9, 1 - share) ? Earlier(ids.Length) ?? ids
                : ids;
            _earlier.Add(ids);
            return next;
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
