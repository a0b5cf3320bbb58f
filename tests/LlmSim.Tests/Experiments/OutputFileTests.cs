using LlmSim.Experiments;
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

    [Theory]
    [InlineData("target.csv")]
    [InlineData("missing.csv")]
    [InlineData("link2.csv")]
    public void A_link_stays_and_the_file_that_it_names_is_written(string target)
    {
        using var folder = new TemporaryFolder();
        folder.Write("elsewhere/target.csv", "old");
        File.CreateSymbolicLink(folder.File("elsewhere/link2.csv"), "target.csv");
        File.CreateSymbolicLink(folder.File("a.csv"), Path.Combine("elsewhere", target));

        OutputFile.Write("--csv_output", folder.File("a.csv"), "new");

        Assert.NotNull(new FileInfo(folder.File("a.csv")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(folder.File($"elsewhere/{target}")));
        Assert.Equal("new", File.ReadAllText(folder.File("a.csv")));
        Assert.Equal(["a.csv", "elsewhere"], folder.Names);
    }

    [Fact]
    public void The_parent_of_a_linked_folder_is_that_of_the_folder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("real/inner/x", "");
        Directory.CreateSymbolicLink(folder.File("linked"), folder.File("real/inner"));
        File.CreateSymbolicLink(folder.File("real/inner/up.csv"), "../a.csv");

        Assert.Equal(
            FileIdentity.RealPath(folder.File("real/a.csv")),
            FileIdentity.RealPath(folder.File("linked/up.csv"))
        );
    }

    [Fact]
    public void Links_in_a_circle_are_an_error()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("a.csv"), "b.csv");
        File.CreateSymbolicLink(folder.File("b.csv"), "a.csv");

        var error = Assert.Throws<UserErrorException>(() =>
            OutputFile.Write("--csv_output", folder.File("a.csv"), "new")
        );

        Assert.Contains("circle", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_is_written_to_and_stays_one()
    {
        using var folder = new TemporaryFolder();
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", folder.File("a.csv")))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var read = Task.Run(
            () => File.ReadAllText(folder.File("a.csv")),
            TestContext.Current.CancellationToken
        );
        OutputFile.Write("--csv_output", folder.File("a.csv"), "new");

        Assert.Equal("new", await read);
        Assert.True(UnixFile.IsSpecial(folder.File("a.csv")));
        Assert.Equal(["a.csv"], folder.Names);
    }

    [Fact]
    public void A_set_of_which_one_cannot_be_written_leaves_none_of_the_others()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full here");
        using var folder = new TemporaryFolder();
        using (var outputs = new OutputSet())
        {
            outputs.Add("--requests_output", folder.File("r.csv")).Write("x"u8);
            outputs.Add("--csv_output", "/dev/full").Write("x"u8);
            outputs.Add("--json", folder.File("a.json")).Write("x"u8);
            Assert.Throws<IOException>(outputs.Commit);
        }

        Assert.Empty(folder.Names);
    }

    [Fact]
    public void What_an_earlier_process_of_the_same_id_has_left_is_deleted()
    {
        using var folder = new TemporaryFolder();
        folder.Write($".a.csv.{Environment.ProcessId}.partial", "left");

        OutputFile.Write("--csv_output", folder.File("a.csv"), "new");

        Assert.Equal(["a.csv"], folder.Names);
        Assert.Equal("new", File.ReadAllText(folder.File("a.csv")));
    }

    [Fact]
    public void A_folder_that_is_gone_with_its_files_is_no_further_error()
    {
        using var folder = new TemporaryFolder();
        folder.Write("sub/x", "");
        using (var outputs = new OutputSet())
        {
            outputs.Add("--json", folder.File("sub/a.json")).Write("x"u8);
            outputs.Add("--csv_output", folder.File("b.csv")).Write("x"u8);
            Directory.Delete(folder.File("sub"), recursive: true);
        }

        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void What_can_be_no_name_is_an_error(string path)
    {
        var error = Assert.Throws<UserErrorException>(() => OutputFile.Write("--json", path, ""));

        Assert.Contains("allowed: the name of a file", error.Message, StringComparison.Ordinal);
    }
}
