using LlmSim.Kernel;

namespace LlmSim.Performance.Kernels;

/// <summary>
/// The rank that the tables of experts were measured on. aiconfigurator's collector makes up the tokens of each expert: up to 16 experts have as many each; more of
/// them have numbers from x^−1.01 between 1 and 0.8 of the tokens (between 0.01 and 2 where there are fewer choices than experts), rounded, and the
/// rank with the most tokens is measured (its power_law_logits_v3). Here the numbers are the quantiles of that law, in several orders.
/// </summary>
internal sealed class TableLoad
{
    private const int MostEvenExperts = 16;
    private const int NodesPerOctave = 8;
    private const int Octaves = 32;

    private readonly MixtureOfExperts _experts;
    private readonly int _ranks;
    private readonly FullestRank?[] _nodes = new FullestRank?[(NodesPerOctave * Octaves) + 2];

    public TableLoad(MixtureOfExperts experts, int ranks)
    {
        (_experts, _ranks) = (experts, ranks);
        Skew = experts.Experts <= MostEvenExperts ? ExpertSkew.Balanced : ExpertSkew.PowerLaw;
    }

    /// <summary>What comes nearest to it, where nothing else is said.</summary>
    public ExpertSkew Skew { get; }

    /// <summary>The measured rank for so many tokens of all ranks.</summary>
    public FullestRank At(double tokens)
    {
        if (Skew.IsBalanced)
        {
            return ExpertLoad.Balanced(_experts, _ranks, tokens);
        }

        var node = (int)Math.Round(NodesPerOctave * Math.Log2(Math.Max(1, tokens)));
        var near = Math.Round(Math.Pow(2, (double)node / NodesPerOctave));
        var found = _nodes[node] ??= Compute((int)near);
        return found with { Rows = found.Rows * tokens / near };
    }

    private FullestRank Compute(int tokens)
    {
        var counts = Counts(tokens);
        var random = new RandomStream(0, "expert placement");
        var (rows, experts) = (0.0, 0.0);
        var orders = _ranks == 1 ? 1 : ExpertPlacement.Orders;
        for (var i = 0; i < orders; i++)
        {
            random.Permute<double>(counts);
            var fullest = counts.Chunk(counts.Length / _ranks).MaxBy(rank => rank.Sum())!;
            rows += fullest.Sum();
            experts += fullest.Count(count => count > 0);
        }

        return new(rows / orders, experts / orders);
    }

    /// <summary>Tokens of each expert: rounded, what is missing to the heaviest, what is too much from the lightest.</summary>
    private double[] Counts(int tokens)
    {
        var chances = Skew.Chances(_experts, tokens)[0];
        var counts = chances.Select(chance => Math.Min(tokens, Math.Round(tokens * chance))).ToArray();
        var missing = (tokens * _experts.ExpertsPerToken) - (int)counts.Sum();
        // The heaviest are the first.
        for (var i = 0; missing > 0; i = (i + 1) % counts.Length)
        {
            if (counts[i] < tokens)
            {
                counts[i]++;
                missing--;
            }
        }

        for (var i = counts.Length - 1; missing < 0; i = i == 0 ? counts.Length - 1 : i - 1)
        {
            if (counts[i] > 0)
            {
                counts[i]--;
                missing++;
            }
        }

        return counts;
    }
}
