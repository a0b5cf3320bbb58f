using System.CommandLine;
using LlmSim.Experiments.Costs;

namespace LlmSim.Cli.Commands;

/// <summary>What a cluster's hours and tokens are priced with.</summary>
internal sealed class CostArguments
{
    private readonly Option<string> _prices = CliOption.File(
        "prices",
        "prices of accelerators by the hour, JSON, before those of the catalog; see docs/costs.md"
    );

    private readonly Option<string> _term = CliOption.Choice(
        "price_term",
        "how accelerators are rented",
        PriceList.Terms[(int)PriceTerm.OnDemand],
        PriceList.Terms
    );

    private readonly Option<double?> _gridIntensity = CliOption.OptionalNumber(
        "grid_intensity",
        "g of CO2 per kWh of the grid, for the carbon of a run",
        new FigureRange(0, 5_000, "g/kWh")
    );

    public OptionGroup Group => new("Costs", [_prices, _term, _gridIntensity]);

    public CostOptions Read(ParseResult parse) =>
        new(
            parse.GetValue(_prices) is { } path ? PriceList.Read(path) : PriceList.BuiltIn,
            (PriceTerm)((List<string>)[.. PriceList.Terms]).IndexOf(parse.GetRequiredValue(_term)),
            parse.GetValue(_gridIntensity)
        );
}
