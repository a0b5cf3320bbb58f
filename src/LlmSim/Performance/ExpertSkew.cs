using System.Globalization;
using System.Text.Json;

namespace LlmSim.Performance;

/// <summary>How unevenly the tokens meet the experts of a layer (expert_skew).</summary>
internal sealed class ExpertSkew
{
    /// <summary>What it may be, for messages.</summary>
    public const string Form =
        "balanced, uniform, power_law, zipf:S with a number S from 0 to 10, or a list of loads of the experts such as [3, 1, 2, 2]";

    /// <summary>What texts it may be, for schemas; numbers in them are only read here.</summary>
    public const string Pattern = @"^(balanced|uniform|power_law|zipf:.+|\s*\[.*)$";

    private const string BalancedName = "balanced";
    private const string UniformName = "uniform";
    private const string PowerLawName = "power_law";
    private const string ZipfPrefix = "zipf:";
    private const double LargestExponent = 10;

    /// <summary>The exponent of the power law that the tables of experts were measured with.</summary>
    private const double PowerLawExponent = 1.01;

    /// <summary>Halvings of an interval: beyond what a double tells apart.</summary>
    private const int Bisections = 200;

    private readonly Law _law;
    private readonly double _exponent;
    private readonly double[] _loads;

    private ExpertSkew(string text, Law law, double exponent = 0, double[]? loads = null)
    {
        Text = text;
        _law = law;
        _exponent = exponent;
        _loads = loads ?? [];
    }

    private enum Law
    {
        Balanced,
        Zipf,
        Power,
        Given,
    }

    /// <summary>All experts alike, and every rank has the mean of all.</summary>
    public static ExpertSkew Balanced { get; } = new(BalancedName, Law.Balanced);

    /// <summary>All experts alike, and chosen at random: the fullest rank has more than the mean.</summary>
    public static ExpertSkew Uniform { get; } = new(UniformName, Law.Zipf);

    /// <summary>That of the measured kernels of many experts.</summary>
    public static ExpertSkew PowerLaw { get; } = new(PowerLawName, Law.Power);

    /// <summary>Names to offer.</summary>
    public static IReadOnlyList<string> Usual { get; } =
    [BalancedName, UniformName, PowerLawName, "zipf:1.2"];

    /// <summary>As it is written; lists without blanks, so that equal ones are equal texts.</summary>
    public string Text { get; }

    /// <summary>Whether it is another one for another number of tokens.</summary>
    public bool DependsOnTokens => _law == Law.Power;

    /// <summary>Whether the experts have an order of their own, and not that of their loads.</summary>
    public bool HasOrder => _law == Law.Given;

    /// <summary>Whether all experts are alike.</summary>
    public bool IsUniform => IsBalanced || (_law == Law.Zipf && _exponent == 0);

    /// <summary>Whether every rank has the mean of all.</summary>
    public bool IsBalanced => _law == Law.Balanced;

    /// <summary>Reads it.</summary>
    /// <param name="text">A law, or a list in JSON: loads, or rows of loads.</param>
    /// <exception cref="UserErrorException">It is neither; the message begins with what was found.</exception>
    public static ExpertSkew Parse(string text)
    {
        ExpertSkew[] named = [Balanced, Uniform, PowerLaw];
        if (Array.Find(named, one => one.Text == text) is { } found)
        {
            return found;
        }

        if (text.StartsWith(ZipfPrefix, StringComparison.Ordinal))
        {
            return
                double.TryParse(
                    text.AsSpan(ZipfPrefix.Length),
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var exponent
                ) && exponent is >= 0 and <= LargestExponent
                ? new(text, Law.Zipf, exponent)
                : throw new UserErrorException($"found '{text}'; allowed: {Form}");
        }

        if (!text.TrimStart().StartsWith('['))
        {
            throw new UserErrorException(
                $"found '{text}'; allowed: {Form}.{Suggestion.For(text, [BalancedName, UniformName, PowerLawName, "zipf"])}"
            );
        }

        var loads = ParseLoads(text);
        return new(
            $"[{string.Join(',', loads.Select(load => load.ToString("R", CultureInfo.InvariantCulture)))}]",
            Law.Given,
            loads: loads
        );
    }

    /// <summary>Throws unless the loads are those of a layer of so many experts, or of several.</summary>
    /// <exception cref="UserErrorException">They are not.</exception>
    public void Require(ModelDescription model, MixtureOfExperts experts)
    {
        if (_law != Law.Given)
        {
            return;
        }

        if (_loads.Length % experts.Experts != 0)
        {
            throw new UserErrorException(
                $"expert_skew: found {_loads.Length} loads for the {experts.Experts} experts of {model.Id}; allowed: {experts.Experts}, or a row of so many for each of several layers"
            );
        }

        foreach (var row in _loads.Chunk(experts.Experts))
        {
            var met = row.Count(load => load > 0);
            if (met < experts.ExpertsPerToken)
            {
                throw new UserErrorException(
                    $"expert_skew: found {met} loads above 0 in a row; allowed: at least {experts.ExpertsPerToken}, since a token goes to so many experts of {model.Id}"
                );
            }
        }
    }

    /// <summary>The chance of each expert to be among those of a token, one row for each layer that is told apart; each row has a sum of k.</summary>
    /// <param name="experts">The experts.</param>
    /// <param name="tokens">Tokens that meet them together.</param>
    public double[][] Chances(MixtureOfExperts experts, double tokens)
    {
        var chosen = experts.ExpertsPerToken;
        return _law switch
        {
            Law.Given => [.. _loads.Chunk(experts.Experts).Select(row => OfLoads(row, chosen))],
            Law.Power => [OfLoads(PowerLawLoads(experts, tokens), chosen)],
            _ => [OfPopularity(experts.Experts, chosen)],
        };
    }

    /// <summary>
    /// Chances from loads that were counted: in proportion to them, and none above 1, since a token goes to an expert once.
    /// </summary>
    private static double[] OfLoads(double[] loads, int chosen)
    {
        var chances = new double[loads.Length];
        var (left, sum) = (chosen, loads.Sum());
        for (var found = true; found; )
        {
            found = false;
            var share = left / sum;
            for (var i = 0; i < loads.Length; i++)
            {
                if (chances[i] < 1 && loads[i] * share >= 1 && left > 0)
                {
                    chances[i] = 1;
                    (left, sum, found) = (left - 1, sum - loads[i], true);
                }
            }
        }

        for (var i = 0; i < loads.Length; i++)
        {
            chances[i] =
                chances[i] == 1 ? 1
                : left > 0 ? loads[i] * left / sum
                : 0;
        }

        return chances;
    }

    /// <summary>
    /// Chances of experts that are drawn one after the other without replacement, by popularity. That is the order in which clocks ring whose
    /// rates are the popularities; the k-th rings at nearly the same time t for each token, so that an expert is among the first k with
    /// 1 − exp(−popularity · t), where t makes the sum k.
    /// </summary>
    private double[] OfPopularity(int experts, int chosen)
    {
        if (_exponent == 0 || chosen >= experts)
        {
            return [.. Enumerable.Repeat((double)chosen / experts, experts)];
        }

        var popularity = Enumerable.Range(1, experts).Select(rank => Math.Pow(rank, -_exponent)).ToArray();
        var (early, late) = (0.0, 1.0);
        while (Sum(late) < chosen)
        {
            late *= 2;
        }

        for (var i = 0; i < Bisections && early < late; i++)
        {
            var middle = (early + late) / 2;
            (early, late) = Sum(middle) < chosen ? (middle, late) : (early, middle);
        }

        return [.. popularity.Select(one => Chance(one, late))];

        double Sum(double time)
        {
            return popularity.Sum(one => Chance(one, time));
        }

        static double Chance(double rate, double time)
        {
            return 1 - Math.Exp(-rate * time);
        }
    }

    /// <summary>
    /// Loads as the tables of experts were measured with: aiconfigurator draws them from x^−1.01 between 1 and 0.8 of the tokens, between 0.01 and
    /// 2 where there are fewer choices than experts (its power_law_logits_v3). Here they are the quantiles of that.
    /// </summary>
    private static double[] PowerLawLoads(MixtureOfExperts experts, double tokens)
    {
        var many = tokens * experts.ExpertsPerToken > experts.Experts;
        var (least, most) = many ? (1.0, Math.Max(1, 0.8 * tokens)) : (0.01, 2.0);
        var power = 1 - PowerLawExponent;
        var (first, last) = (Math.Pow(least, power), Math.Pow(most, power));
        return
        [
            .. Enumerable
                .Range(0, experts.Experts)
                .Select(i => Math.Pow(last + ((first - last) * (i + 0.5) / experts.Experts), 1 / power)),
        ];
    }

    private static double[] ParseLoads(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var loads = document
                .RootElement.EnumerateArray()
                .SelectMany(one =>
                    one.ValueKind == JsonValueKind.Array ? one.EnumerateArray().AsEnumerable() : [one]
                )
                .Select(Load)
                .ToArray();
            return loads.Length > 0
                ? loads
                : throw new UserErrorException($"found an empty list; allowed: {Form}");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"found a list that is not JSON; allowed: {Form}", e);
        }

        static double Load(JsonElement one)
        {
            return
                one.ValueKind == JsonValueKind.Number
                && one.TryGetDouble(out var load)
                && double.IsFinite(load)
                && load >= 0
                ? load
                : throw new UserErrorException(
                    $"found {one.GetRawText()} in a list of loads; allowed: numbers from 0"
                );
        }
    }
}
