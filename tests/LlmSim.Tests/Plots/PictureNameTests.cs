using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Plots;

/// <summary>Columns, stages and files give pictures their names; none leads out of the folder that was asked for.</summary>
public sealed class PictureNameTests
{
    [Theory]
    [InlineData("../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("..")]
    [InlineData("..\\evil")]
    [InlineData(".hidden")]
    [InlineData("a\0b\u001b[31m")]
    [InlineData("")]
    public void A_picture_is_in_its_folder_whatever_its_name(string name)
    {
        var path = PictureSet.PathOf("/pictures/a", name, PictureFormat.Svg);

        Assert.Equal("/pictures/a", Path.GetDirectoryName(Path.GetFullPath(path)));
        Assert.DoesNotMatch("[\\p{C}\\\\]", path);
        Assert.True(name.Length == 0 || Path.GetFileName(path)[0] != '.');
    }

    [Fact]
    public void An_ordinary_name_stays() =>
        Assert.Equal(
            "p/ttft_p50_ttft_p99_against_request rate (1/s)".Replace("1/s", "per s", StringComparison.Ordinal)
                + ".png",
            PictureSet.PathOf("p", "ttft_p50_ttft_p99_against_request rate (per s)", PictureFormat.Png)
        );

    [Fact]
    public void Names_that_become_one_or_are_too_long_are_told_apart()
    {
        string[] names = ["a/b", "a\\b", "a_b", new('x', 300), new('x', 301), new('µ', 300)];

        var paths = names.Select(name => PictureSet.PathOf("p", name, PictureFormat.Png)).ToArray();

        Assert.Distinct(paths);
        Assert.All(
            paths,
            path => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(Path.GetFileName(path)), 1, 210)
        );
    }

    [Fact]
    public void Columns_and_stages_of_a_table_stay_in_the_folder()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("in/t.csv", "lambda_arrival,../../evil\n1,2\n2,3\n");

        var run = CliRun.Of([
            "plot",
            table,
            .. "--format svg --x lambda_arrival --y ../../evil --output".Split(' '),
            folder.File("p/a/b"),
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var picture = Assert.Single(
            Directory.GetFiles(folder.File(""), "*.svg", SearchOption.AllDirectories)
        );
        Assert.Equal(folder.File("p/a/b"), Path.GetDirectoryName(picture));
        Assert.Equal(picture, run.Out.TrimEnd());
    }
}
