using System.Globalization;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Each latency has its row, with a unit that suits it, however short or long it is.</summary>
public sealed class LatencyTableTests
{
    /// <summary>A link of so many bytes a second makes transfers as long as one likes.</summary>
    [Theory]
    // What is left is the latency of the link.
    [InlineData("1e18", "µs")]
    [InlineData("1e15", "µs")]
    [InlineData("1e12", "µs")]
    [InlineData("1e9", "ms")]
    [InlineData("1e7", "s")]
    [InlineData("1e5", "s")]
    [InlineData("1000", "h")]
    [InlineData("1", "h")]
    public void Rows_are_whole(string bytesPerSecond, string unit)
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "n.json",
            $$"""
            [
              {"role":"prefill","hardware":"NVIDIA_H100_SXM","tp_size":1,"kv_link_bytes_per_second":{{bytesPerSecond}}},
              {"role":"decode","hardware":"NVIDIA_H100_SXM","tp_size":1,"kv_link_bytes_per_second":{{bytesPerSecond}}}
            ]
            """
        );

        var run = CliRun.Of([
            .. "run --model meta-llama/Llama-3.1-8B --request_source uniform --input_len 500 --output_len 2 --request_count 3".Split(
                ' '
            ),
            "--cluster",
            cluster,
        ]);

        Assert.Equal(0, run.ExitCode);
        var lines = run.Out.Split('\n');
        Assert.All(
            ["TTFT", "TPOT", "ITL", "E2E", "Prefill queue", "KV transfer", "Decode queue"],
            name => Assert.Equal(9, Cells(lines, name).Length)
        );
        Assert.Equal(unit, Cells(lines, "KV transfer")[0]);
    }

    [Theory]
    [InlineData(0, "0.000", "ms")]
    [InlineData(1e-9, "1.000", "ns")]
    [InlineData(9.994e-7, "999.4", "ns")]
    [InlineData(1e-6, "1.000", "µs")]
    [InlineData(0.0123, "12.30", "ms")]
    [InlineData(1, "1.000", "s")]
    [InlineData(99_999, "99,999", "s")]
    [InlineData(100_000, "27.78", "h")]
    [InlineData(2_350_661, "653.0", "h")]
    [InlineData(1e9, "11,574", "d")]
    [InlineData(9.2e9, "106,481", "d")]
    public void The_unit_is_that_of_the_largest(double seconds, string expected, string unit)
    {
        var (perSecond, name) = Figures.TimeUnit(seconds);

        Assert.Equal((expected, unit), (Figures.Number(seconds * perSecond), name));
    }

    [Theory]
    [InlineData(0.0005, "0.001")]
    [InlineData(0.00049, "4.9E-4")]
    [InlineData(1.5e-12, "1.5E-12")]
    [InlineData(-2e-7, "-2.0E-7")]
    [InlineData(123_456_789, "123,456,789")]
    [InlineData(1e15, "1.000E+15")]
    [InlineData(double.NaN, "–")]
    public void No_number_that_is_not_zero_looks_like_it(double value, string expected) =>
        Assert.Equal(expected, Figures.Number(value));

    [Fact]
    public void A_row_of_numbers_is_never_broken()
    {
        var table = TextTable.Create(["name", .. Enumerable.Range(0, 40).Select(n => $">column{n}")]);
        table.Add([
            new string('n', 300),
            .. Enumerable.Repeat(1e14.ToString("N0", CultureInfo.InvariantCulture), 40),
        ]);

        Assert.Equal(3, TextTable.Render(table, isStyled: false).Split('\n').Length);
    }

    private static string[] Cells(string[] lines, string name)
    {
        // Below is a table of ranges with rows of the same names.
        var line = lines.First(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
