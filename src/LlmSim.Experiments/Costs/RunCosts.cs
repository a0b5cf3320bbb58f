using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Experiments.Costs;

/// <summary>What a cluster costs and draws while it does what a run says. docs/costs.md defines every figure.</summary>
internal sealed record RunCosts
{
    private const double SecondsPerHour = 3_600;
    private const double TokensPerMillion = 1e6;
    private const double JoulesPerKilowattHour = 3.6e6;

    /// <summary>"on_demand", "reserved" or "spot".</summary>
    public required string PriceTerm { get; init; }

    /// <summary>USD an hour for all accelerators; NaN where the price of one is not known.</summary>
    public required double CostPerHour { get; init; }

    /// <summary>USD: the cost of the whole cluster by the prompt tokens that it computed.</summary>
    public required double CostPerMillionInputTokens { get; init; }

    /// <summary>USD: the same cost by the output tokens. It is not to be added to that of the prompt tokens.</summary>
    public required double CostPerMillionOutputTokens { get; init; }

    /// <summary>Where the prices are from.</summary>
    public required IReadOnlyList<string> PriceSources { get; init; }

    /// <summary>Accelerators without a price.</summary>
    public required IReadOnlyList<string> NotPriced { get; init; }

    /// <summary>Power of all accelerators on average over the run, at most; NaN where that of one is not known.</summary>
    public required double MeanWatts { get; init; }

    /// <summary>Energy for a token of prompt or output, at most.</summary>
    public required double JoulesPerToken { get; init; }

    /// <summary>The same energy by the output tokens.</summary>
    public required double JoulesPerOutputToken { get; init; }

    /// <summary>Accelerators whose power is not known.</summary>
    public required IReadOnlyList<string> NotPowered { get; init; }

    /// <summary>Carbon dioxide at the grid's intensity; NaN where none was given or the power is not known.</summary>
    public required double GramsCo2PerMillionOutputTokens { get; init; }

    /// <summary>The costs of a run.</summary>
    /// <param name="instances">The cluster.</param>
    /// <param name="summary">What it did.</param>
    /// <param name="options">Prices and the grid.</param>
    public static RunCosts Of(IReadOnlyList<StagedSpec> instances, RunSummary summary, CostOptions options)
    {
        var specs = instances.Select(one => one.Spec).ToArray();
        var prices = specs.Select(spec => (Spec: spec, Price: PriceOf(spec, options))).ToArray();
        var costPerHour = PerHour(specs, options, summary.Fleet?.PaidShares);
        var watts = PowerModel.MeanWatts(instances, summary);
        var (output, all) = (summary.OutputTokensPerSecond, summary.TokensPerSecond);
        return new RunCosts
        {
            PriceTerm = PriceList.Terms[(int)options.Term],
            CostPerHour = costPerHour,
            CostPerMillionInputTokens = PerMillion(costPerHour, all - output),
            CostPerMillionOutputTokens = PerMillion(costPerHour, output),
            PriceSources = [.. prices.Select(one => one.Price?.Source).OfType<string>().Distinct()],
            NotPriced = Names(prices.Where(one => one.Price is null).Select(one => one.Spec)),
            MeanWatts = watts,
            JoulesPerToken = Per(watts, all),
            JoulesPerOutputToken = Per(watts, output),
            NotPowered = Names(
                instances.Select(one => one.Spec).Where(spec => !PowerModel.IsKnown(spec.Hardware))
            ),
            GramsCo2PerMillionOutputTokens =
                Per(watts, output)
                * TokensPerMillion
                / JoulesPerKilowattHour
                * (options.GridIntensity ?? double.NaN),
        };
    }

    /// <summary>USD an hour for the accelerators of instances; NaN where the price of one is not known.</summary>
    /// <param name="instances">The instances.</param>
    /// <param name="options">Prices.</param>
    /// <param name="paidShares">Share of the time in which each is paid for; null for all the time.</param>
    public static double PerHour(
        IEnumerable<InstanceSpec> instances,
        CostOptions options,
        IReadOnlyList<double>? paidShares = null
    )
    {
        var sum = 0m;
        foreach (var (instance, i) in instances.Select((instance, i) => (instance, i)))
        {
            if (PriceOf(instance, options) is not { } price)
            {
                return double.NaN;
            }

            sum += price.Of(instance.Accelerators) * (decimal)(paidShares?[i] ?? 1);
        }

        return (double)sum;
    }

    private static Price? PriceOf(InstanceSpec spec, CostOptions options) =>
        spec.PricePerHour is { } price
            ? new Price(price, "cluster file")
            : options.Prices.Find(spec.Hardware.Name, options.Term);

    /// <summary>Dollars for a million tokens; NaN where nothing was done.</summary>
    internal static double PerMillion(double costPerHour, double tokensPerSecond) =>
        Per(costPerHour * TokensPerMillion / SecondsPerHour, tokensPerSecond);

    /// <summary>Nothing was done for it: it has no price.</summary>
    private static double Per(double value, double perSecond) =>
        perSecond > 0 ? value / perSecond : double.NaN;

    private static string[] Names(IEnumerable<InstanceSpec> specs) =>
        [.. specs.Select(spec => spec.Hardware.Name).Distinct()];
}

/// <summary>An instance and what it does.</summary>
/// <param name="Stage">"prefill", "decode" or "mixed".</param>
/// <param name="Spec">The instance.</param>
internal readonly record struct StagedSpec(string Stage, InstanceSpec Spec);
