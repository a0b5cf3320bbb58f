using LlmSim.Experiments.Sweeps;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

public sealed class SweepFileTests
{
    private static readonly string[] s_options = ["lambda_arrival", "prefill_local", "decode_local", "seed"];

    [Fact]
    public void A_file_has_settings_of_all_points_and_axes()
    {
        var file = Read(
            """
            base: { decode_local: fcfs }
            grid:
              lambda-arrival: [1, 2.5]
            zip:
              prefill_local: [edf, fcfs]
            replications: 3
            """
        );

        Assert.Equal([new Setting("decode_local", "fcfs")], file.Base);
        Assert.Equal(
            [
                "lambda_arrival=1 lambda_arrival=2.5",
                "prefill_local=edf prefill_local=fcfs",
                "seed=2025 seed=2026 seed=2027",
            ],
            file.Axes.Select(axis =>
                string.Join(' ', axis.Levels.SelectMany(level => level).Select(s => $"{s.Option}={s.Value}"))
            )
        );
    }

    [Theory]
    [InlineData(
        "gird: {}",
        ":1: unknown key 'gird'; allowed: base, grid, zip, seeds, replications. Did you mean 'grid'?"
    )]
    [InlineData(
        "base:\n  lamda_arrival: 1",
        ":2: unknown option 'lamda_arrival'. Did you mean 'lambda_arrival'?"
    )]
    [InlineData("grid:\n  lambda_arrival:\n  - 1\n  - wrong", ":4: 'wrong' is wrong")]
    [InlineData("grid:\n  lambda_arrival: []", ":2: found something else where a list of values should be")]
    [InlineData("grid: [1]", ":1: found something else where 'option: value' should be")]
    [InlineData("base: { seed: 1 }\nseeds: [1, 2]", ":2: seed is given already in line 1")]
    [InlineData("seeds: [1]\nreplications: 2", ":2: seed is given already in line 1")]
    [InlineData("replications: 0", ":1: replications: found '0'; allowed: a whole number from 1 to 100000")]
    [InlineData(
        "zip:\n- lambda_arrival: [1, 2]\n  prefill_local: [fcfs]",
        ":2: lists that vary together are equally long: lambda_arrival has 2, prefill_local has 1"
    )]
    [InlineData("base: [", ": is not YAML")]
    [InlineData("base: { seed: 1 }\nbase: { seed: 2 }", ":2: 'base' is given already in line 1")]
    [InlineData("", ":1: is not one mapping of base, grid")]
    [InlineData("base: { seed: 1, seed: 2 }", ":1: 'seed' is given already in line 1")]
    [InlineData(
        "base: { lambda_arrival: 1, lambda-arrival: 2 }",
        ":1: lambda_arrival is given already in line 1"
    )]
    [InlineData("grid:\n  prefill_local: [fcfs\r, edf]", ":2: is not YAML")]
    [InlineData(
        "base: { prefill_local: \"a\\0b\" }",
        ":1: found 'a\0b'; allowed: one value without control characters"
    )]
    [InlineData("base: { [seed]: 1 }", ":1: found something else where a name before a colon should be")]
    [InlineData("base: &a { seed: *a }", ":1: *a repeats what does not end before it")]
    [InlineData("base: { seed: *a }", ":1: *a repeats what does not end before it")]
    [InlineData("base: { seed: 1 }\n---\nbase: {}", ":1: is not one mapping of base, grid")]
    public void What_is_wrong_is_said_with_its_line(string content, string expected)
    {
        var e = Assert.Throws<UserErrorException>(() => Read(content));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("sweep.yaml:", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_may_be_named_and_repeated()
    {
        var file = Read("zip: { lambda_arrival: &list [1, 2], seed: *list }");

        Assert.Equal(
            [new Setting("lambda_arrival", "2"), new Setting("seed", "2")],
            Assert.Single(file.Axes).Levels[1]
        );
    }

    [Fact]
    public void Depth_and_what_aliases_repeat_have_limits()
    {
        Assert.Contains(
            "sweep.yaml:1: is nested more than 20 levels deep",
            Refused($"base: {new string('[', 100_000)}"),
            StringComparison.Ordinal
        );
        // Each level repeats the one before ten times.
        var laughs = string.Concat(
            Enumerable
                .Range(1, 9)
                .Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n")
        );
        Assert.Contains(
            "sweep.yaml:6: has more than 500000 values",
            Refused("a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n" + laughs),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "sweep.yaml: larger than 4 MiB",
            Refused("# " + new string('x', 5 << 20)),
            StringComparison.Ordinal
        );
    }

    private static string Refused(string content) =>
        Assert.Throws<UserErrorException>(() => Read(content)).Message;

    private static SweepFile Read(string content)
    {
        using var folder = new TemporaryFolder();
        return SweepFile.Read(folder.Write("sweep.yaml", content), s_options, RequireRight);
    }

    private static void RequireRight(Setting setting)
    {
        if (setting.Value == "wrong")
        {
            throw new UserErrorException("'wrong' is wrong");
        }
    }
}
