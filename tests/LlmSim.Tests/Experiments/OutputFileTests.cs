using LlmSim.Experiments.Results;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class OutputFileTests
{
    [Fact]
    public void A_file_has_its_name_only_after_the_commit()
    {
        using var folder = new TemporaryFolder();
        using (var outputs = new OutputSet())
        {
            outputs.Add("--json", folder.File("a.json")).WriteByte((byte)'x');
            Assert.DoesNotContain("a.json", folder.Names);
            outputs.Commit();
        }

        Assert.Equal(["a.json"], folder.Names);
        Assert.Equal("x", File.ReadAllText(folder.File("a.json")));
    }

    [Fact]
    public void Without_a_commit_nothing_is_left_and_an_older_file_stays_as_it_was()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.csv", "old");
        using (var outputs = new OutputSet())
        {
            outputs.Add("--csv_output", folder.File("a.csv")).WriteByte((byte)'x');
            outputs.Add("--json", folder.File("b.json")).WriteByte((byte)'x');
        }

        Assert.Equal(["a.csv"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder.File("a.csv")));
    }

    [Fact]
    public void Two_outputs_cannot_share_a_path_however_it_is_written()
    {
        using var folder = new TemporaryFolder();
        using var outputs = new OutputSet();
        outputs.Add("--json", folder.File("a"));

        var error = Assert.Throws<UserErrorException>(() =>
            outputs.Add("--csv_output", folder.File("./x/../a"))
        );

        Assert.Contains("--json writes to the same file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing/a.csv", "there is no folder")]
    [InlineData("", "is a folder")]
    [InlineData("some/", "is a folder")]
    public void A_path_that_cannot_be_written_is_an_error_at_once(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<UserErrorException>(() =>
        {
            using var file = new OutputFile("--csv_output", folder.File(name));
        });

        Assert.StartsWith("--csv_output ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_device_is_written_to_and_never_replaced()
    {
        using (var file = new OutputFile("--csv_output", "/dev/null"))
        {
            file.Stream.WriteByte((byte)'x');
            file.Commit();
        }

        Assert.Empty(File.ReadAllBytes("/dev/null"));
    }
}
