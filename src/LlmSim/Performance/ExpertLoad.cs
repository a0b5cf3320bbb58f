namespace LlmSim.Performance;

/// <summary>
/// What the rank that a layer waits for computes of its experts: the expected maximum over the ranks. docs/expert-parallelism.md has the formulas. Safe for use by
/// several threads: those that race compute the same.
/// </summary>
internal sealed class ExpertLoad
{
    /// <summary>Between two powers of two; figures between them are interpolated.</summary>
    private const int NodesPerOctave = 8;

    private const int Octaves = 32;

    private readonly MixtureOfExperts _experts;
    private readonly ExpertSkew _skew;
    private readonly int _ranks;
    private readonly int _redundant;
    private readonly FullestRank?[] _nodes = new FullestRank?[(NodesPerOctave * Octaves) + 2];
    private double[][][]? _placements;

    /// <summary>A layer's experts.</summary>
    /// <param name="experts">They.</param>
    /// <param name="skew">How tokens meet them.</param>
    /// <param name="ranks">Ranks that they are divided over; one for those that every rank has a slice of.</param>
    /// <param name="redundant">Replicas beside one of each.</param>
    public ExpertLoad(MixtureOfExperts experts, ExpertSkew skew, int ranks, int redundant = 0)
    {
        (_experts, _skew, _ranks, _redundant) = (experts, skew, ranks, redundant);
    }

    /// <summary>That of an instance; null where it is what the model of times has without it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="ofTimes">The skew that the model of times has, which is that of an instance that says none.</param>
    public static ExpertLoad? Of(ModelDescription model, InstanceSpec instance, ExpertSkew ofTimes)
    {
        var skew = instance.ExpertSkew is { } text ? ExpertSkew.Parse(text) : ofTimes;
        return
            model.MixtureOfExperts is { } experts
            && (skew.Text != ofTimes.Text || instance.RedundantExperts > 0)
            ? new(experts, skew, instance.ExpertParallel, instance.RedundantExperts)
            : null;
    }

    /// <summary>Tokens that go to the experts one after the other, as many to each.</summary>
    public static FullestRank Balanced(MixtureOfExperts experts, int ranks, double tokens)
    {
        var rows = tokens * experts.ExpertsPerToken / ranks;
        return new(rows, Math.Min((double)experts.Experts / ranks, rows));
    }

    /// <summary>The fullest rank for so many tokens of all ranks, at least 1.</summary>
    public FullestRank At(double tokens)
    {
        if (_ranks == 1)
        {
            return Compute(tokens);
        }

        var place = NodesPerOctave * Math.Log2(Math.Max(1, tokens));
        var before = (int)place;
        var (low, high) = (Node(before), Node(before + 1));
        var part = place - before;
        // Of a token, because that hardly changes.
        var rows = low.Rows / Tokens(before) * (1 - part) + high.Rows / Tokens(before + 1) * part;
        return new(tokens * rows, low.Experts * (1 - part) + high.Experts * part);
    }

    /// <summary>Mean load of the ranks as a share of the fullest one's: SGLang's balancedness.</summary>
    public double Balancedness(double tokens) => tokens * _experts.ExpertsPerToken / _ranks / At(tokens).Rows;

    private static double Tokens(int node) => Math.Pow(2, (double)node / NodesPerOctave);

    private FullestRank Node(int node) => _nodes[node] ??= Compute(Tokens(node));

    private FullestRank Compute(double tokens)
    {
        var placements = Placements(tokens);
        var (rows, experts) = (0.0, 0.0);
        foreach (var placement in placements)
        {
            var one = Fullest(placement, tokens);
            rows += one.Rows;
            experts += one.Experts;
        }

        return new(rows / placements.Length, experts / placements.Length);
    }

    private double[][][] Placements(double tokens)
    {
        if (_skew.DependsOnTokens)
        {
            return Place(tokens);
        }

        return _placements ??= Place(tokens);
    }

    private double[][][] Place(double tokens) =>
        [
            .. _skew
                .Chances(_experts, tokens)
                .SelectMany(row =>
                    // With one rank, or experts that are alike, all orders are one.
                    ExpertPlacement.Of(
                        row,
                        _ranks,
                        _redundant,
                        _skew.HasOrder || _ranks == 1 || _skew.IsUniform
                    )
                ),
        ];

    private FullestRank Fullest(double[][] placement, double tokens)
    {
        var rows = new NormalLoad[placement.Length];
        var experts = new NormalLoad[placement.Length];
        for (var rank = 0; rank < placement.Length; rank++)
        {
            var (chance, variance, met, metVariance) = (0.0, 0.0, 0.0, 0.0);
            foreach (var slot in placement[rank])
            {
                var meets = 1 - Math.Pow(1 - slot, tokens);
                chance += slot;
                variance += slot * (1 - slot);
                met += meets;
                metVariance += meets * (1 - meets);
            }

            rows[rank] = new(tokens * chance, Math.Sqrt(tokens * variance));
            experts[rank] = new(met, Math.Sqrt(metVariance));
        }

        if (placement.Length == 1)
        {
            return new(tokens * _experts.ExpertsPerToken, experts[0].Mean);
        }

        if (_skew.IsBalanced)
        {
            return new(
                tokens * _experts.ExpertsPerToken / placement.Length,
                experts.Average(rank => rank.Mean)
            );
        }

        var slots = placement[0].Length;
        // Some rank has a choice of a token, and none has more than all.
        return new(
            Math.Clamp(
                NormalLoad.ExpectedLargest(rows),
                1,
                tokens * Math.Min(slots, _experts.ExpertsPerToken)
            ),
            Math.Clamp(NormalLoad.ExpectedLargest(experts), 1, slots)
        );
    }
}

/// <summary>The rank with the most to do, of its experts in one layer.</summary>
/// <param name="Rows">Choices of tokens that it computes.</param>
/// <param name="Experts">Distinct experts, or replicas, whose weights it reads.</param>
internal sealed record FullestRank(double Rows, double Experts);
