using System.Text;
using System.Text.Json;
using LlmSim.Experiments.Costs;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Costs;

/// <summary>Prices, what tokens cost, and power.</summary>
public sealed class CostTests
{
    private static readonly string[] s_run = ["run", "--request_count", "50", "--performance", "roofline"];

    [Fact]
    public void The_catalog_prices_accelerators_that_there_are()
    {
        var prices = HardwareCatalog
            .BuiltIn.All.Select(hardware => hardware.Name)
            .Select(name =>
                (
                    name,
                    OnDemand: PriceList.BuiltIn.Find(name, PriceTerm.OnDemand)?.PerHour,
                    Reserved: PriceList.BuiltIn.Find(name, PriceTerm.Reserved)?.PerHour,
                    Spot: PriceList.BuiltIn.Find(name, PriceTerm.Spot)?.PerHour
                )
            )
            .ToArray();
        var hardware = JsonDocument
            .Parse(EmbeddedCatalog.Content("", "prices"))
            .RootElement.EnumerateArray()
            .Select(entry => entry.GetProperty("hardware").GetString()!)
            .ToHashSet();

        Assert.Subset(HardwareCatalog.BuiltIn.All.Select(one => one.Name).ToHashSet(), hardware);
        Assert.True(prices.Count(price => price.OnDemand is not null) >= 12);
        // Whoever commits, or may be interrupted, pays less.
        Assert.All(
            prices,
            price =>
            {
                Assert.False(price.Reserved >= price.OnDemand, price.name);
                Assert.False(price.Spot >= price.OnDemand, price.name);
            }
        );
    }

    [Fact]
    public void A_cluster_costs_its_accelerators_and_tokens_cost_the_cluster()
    {
        var costs = Costs(CliRun.Of([.. s_run, "--json", "-"]), out var summary);
        // Four prefill and four decode instances of H100 at tp 4.
        var perHour = 32 * PriceList.BuiltIn.Find("NVIDIA_H100_SXM", PriceTerm.OnDemand)!.Value.PerHour;
        var outputTokens = summary.GetProperty("output_tokens").GetDouble();
        var inputTokens = summary.GetProperty("input_tokens").GetDouble();
        var hours = summary.GetProperty("measured_seconds").GetDouble() / 3_600;

        Equal(perHour, costs, "cost_per_hour");
        Equal(perHour * hours / outputTokens * 1e6, costs, "cost_per_million_output_tokens");
        Equal(perHour * hours / inputTokens * 1e6, costs, "cost_per_million_input_tokens");
        Assert.Equal("on_demand", costs.GetProperty("price_term").GetString());
        Assert.Equal(JsonValueKind.Null, costs.GetProperty("grams_co2_per_million_output_tokens").ValueKind);
    }

    [Fact]
    public void Power_is_idle_but_for_the_time_in_which_instances_compute()
    {
        var costs = Costs(CliRun.Of([.. s_run, "--grid_intensity", "400", "--json", "-"]), out var summary);
        var watts = costs.GetProperty("mean_watts").GetDouble();
        var expected = summary
            .GetProperty("instances")
            .EnumerateArray()
            .Sum(instance =>
            {
                var share = instance.GetProperty("stage").GetString() == "prefill" ? 0.98 : 0.96;
                return 4 * (70 + (share * 630 * instance.GetProperty("utilization").GetDouble()));
            });
        var joules = watts / summary.GetProperty("output_tokens_per_second").GetDouble();

        Assert.InRange(watts, 32 * 70, 32 * 700);
        Assert.Equal(expected, watts, expected * 1e-9);
        Equal(joules, costs, "joules_per_output_token");
        Equal(watts / summary.GetProperty("tokens_per_second").GetDouble(), costs, "joules_per_token");
        Equal(joules * 1e6 / 3.6e6 * 400, costs, "grams_co2_per_million_output_tokens");
    }

    [Fact]
    public void A_file_and_the_cluster_file_come_before_the_catalog()
    {
        using var folder = new TemporaryFolder();
        var prices = folder.File("prices.json");
        File.WriteAllText(prices, """[{"hardware": "NVIDIA_H100_SXM", "on_demand": 2, "reserved": 1.5}]""");
        var cluster = folder.File("cluster.json");
        File.WriteAllText(
            cluster,
            """
            [{"role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 2},
             {"role": "decode", "hardware": "NVIDIA_A100_80G", "tp_size": 8, "price_per_hour": 0.25}]
            """
        );
        string[] run = [.. s_run, "--cluster", cluster, "--prices", prices, "--json", "-"];

        Equal((8 * 2) + (8 * 0.25), Costs(CliRun.Of(run), out _), "cost_per_hour");
        var reserved = Costs(CliRun.Of([.. run, "--price_term", "reserved"]), out _);
        Equal((8 * 1.5) + (8 * 0.25), reserved, "cost_per_hour");
        Assert.Equal(
            ["prices.json", "cluster file"],
            reserved.GetProperty("price_sources").EnumerateArray().Select(source => source.GetString())
        );
        // A term that the file lacks is the catalog's.
        Equal(
            (8 * PriceList.BuiltIn.Find("NVIDIA_H100_SXM", PriceTerm.Spot)!.Value.PerHour) + (8 * 0.25),
            Costs(CliRun.Of([.. run, "--price_term", "spot"]), out _),
            "cost_per_hour"
        );
    }

    [Fact]
    public void What_is_not_known_is_said_with_its_name()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.File("cluster.json");
        File.WriteAllText(cluster, """[{"role": "mixed", "hardware": "AMD_MI355X", "tp_size": 4}]""");
        string[] run = [.. s_run, "--cluster", cluster];
        var table = CliRun.Of(run).Out;
        var costs = Costs(CliRun.Of([.. run, "--json", "-"]), out _);

        Assert.Contains(
            "Cost        not known: no price on demand of AMD_MI355X (--prices)\n",
            table,
            StringComparison.Ordinal
        );
        Assert.Contains("Energy      not known: no power of AMD_MI355X\n", table, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, costs.GetProperty("cost_per_hour").ValueKind);
        Assert.Equal("AMD_MI355X", costs.GetProperty("not_priced")[0].GetString());
        Assert.Equal("AMD_MI355X", costs.GetProperty("not_powered")[0].GetString());
    }

    [Fact]
    public void A_sweep_has_the_costs_of_each_point_in_its_csv()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.File("sweep.csv");
        var sweep = CliRun.Of([.. s_run, "--lambda_arrival", "1", "2", "--quiet", "--csv_output", csv]);
        var rows = File.ReadLines(csv).Select(line => line.Split(',')).ToArray();
        var column = Array.IndexOf(rows[0], "cost_per_hour");

        Assert.Equal(0, sweep.ExitCode);
        Assert.True(column > Array.IndexOf(rows[0], "memory_usage_output"));
        Assert.All(rows[1..], row => Assert.Equal("102.4", row[column]));
    }

    [Theory]
    [InlineData("{}", "a list of objects is expected")]
    [InlineData("[1]", "an object is expected")]
    [InlineData("[{\"on_demand\": 1}]", "hardware")]
    [InlineData(
        "[{\"hardware\": \"A\"}]",
        "'A' has no price; allowed: at least one of on_demand, reserved, spot"
    )]
    [InlineData("[{\"hardware\": \"A\", \"on_demand\": -1}]", "on_demand")]
    [InlineData("[{\"hardware\": \"A\", \"on_demand\": \"1\"}]", "on_demand")]
    [InlineData("[{\"hardware\": \"A\", \"ondemand\": 1}]", "unknown field. Did you mean 'on_demand'?")]
    [InlineData(
        "[{\"hardware\": \"A\", \"spot\": 1, \"date\": \"today\"}]",
        "date: found 'today'; allowed: a day"
    )]
    [InlineData(
        "[{\"hardware\": \"A\", \"spot\": 1}, {\"hardware\": \"A\", \"spot\": 2}]",
        "'A' is there twice"
    )]
    [InlineData("[", "not valid JSON")]
    public void A_damaged_price_list_is_refused_with_its_name(string json, string message)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        var error = Assert.Throws<UserErrorException>(() => PriceList.Parse(stream, "prices.json"));

        Assert.Contains("prices.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--prices missing.json", "missing.json: no such file")]
    [InlineData(
        "--price_term ondemand",
        "--price_term: found 'ondemand'; allowed: on_demand, reserved, spot. Did you mean 'on_demand'?"
    )]
    [InlineData(
        "--grid_intensity -1",
        "--grid_intensity: found '-1'; allowed: a number, from 0 to 5000 g/kWh"
    )]
    public void Bad_input_is_one_line(string options, string message)
    {
        var run = CliRun.Of([.. s_run, .. options.Split(' ')]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private static void Equal(double expected, JsonElement costs, string field) =>
        Assert.Equal(expected, costs.GetProperty(field).GetDouble(), Math.Abs(expected) * 1e-9);

    private static JsonElement Costs(CliRun run, out JsonElement summary)
    {
        Assert.True(run.ExitCode == 0, run.Error);
        var root = JsonDocument.Parse(run.Out).RootElement;
        summary = root.GetProperty("summary");
        return root.GetProperty("costs");
    }
}
