using LlmSim.Experiments.Results;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class FileClaimsTests : IDisposable
{
    private static readonly string[] s_names =
    [
        "sub/input.csv",
        "sub/../sub/input.csv",
        "link.csv",
        "linked/input.csv",
        "hard.csv",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Names { get; } =
    [.. from read in s_names from written in s_names select (read, written)];

    public FileClaimsTests()
    {
        _folder.Write("sub/input.csv", "input");
        File.CreateSymbolicLink(_folder.File("link.csv"), "sub/input.csv");
        Directory.CreateSymbolicLink(_folder.File("linked"), _folder.File("sub"));
        using var ln = System.Diagnostics.Process.Start(
            "ln",
            [_folder.File("sub/input.csv"), _folder.File("hard.csv")]
        );
        ln.WaitForExit();
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_that_is_read_is_not_written_whatever_its_name(string read, string written)
    {
        using var claims = FileClaims.Begin();
        FileClaims.Read(_folder.File(read));

        var error = Assert.Throws<UserErrorException>(() =>
            OutputFile.Write("--csv_output", _folder.File(written), "output")
        );

        Assert.StartsWith("--csv_output ", error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File(read), error.Message, StringComparison.Ordinal);
        Assert.Equal("input", File.ReadAllText(_folder.File("sub/input.csv")));
        Assert.Equal(["hard.csv", "link.csv", "linked", "sub"], _folder.Names);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_that_is_being_written_is_not_read(string read, string written)
    {
        using var claims = FileClaims.Begin();
        using (new OutputFile("--csv_output", _folder.File(written)))
        {
            Assert.Throws<UserErrorException>(() => FileClaims.Read(_folder.File(read)));
        }
    }

    [Fact]
    public void Two_outputs_of_a_command_that_are_opened_apart_cannot_be_one_file()
    {
        using var claims = FileClaims.Begin();
        using var first = new OutputFile("--csv_output", _folder.File("new.csv"));

        var error = Assert.Throws<UserErrorException>(() =>
            OutputFile.Write("--json", _folder.File("sub/../new.csv"), "")
        );

        Assert.Contains("writes to the same file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_can_be_read_once_it_is_there()
    {
        using var claims = FileClaims.Begin();
        OutputFile.Write("--csv_output", _folder.File("new.csv"), "output");

        FileClaims.Read(_folder.File("new.csv"));
        OutputFile.Write("--json", _folder.File("new.json"), "output");
    }

    [Fact]
    public void The_next_command_may_write_what_one_has_read()
    {
        using (FileClaims.Begin())
        {
            FileClaims.Read(_folder.File("link.csv"));
        }

        using (FileClaims.Begin())
        {
            OutputFile.Write("--csv_output", _folder.File("link.csv"), "output");
        }

        Assert.Equal("output", File.ReadAllText(_folder.File("sub/input.csv")));
    }

    [Fact]
    public void A_terminal_may_be_read_and_written()
    {
        using var claims = FileClaims.Begin();
        FileClaims.Read("/dev/null");

        OutputFile.Write("--csv_output", "/dev/null", "output");
    }

    [Fact]
    public void Threads_of_a_command_share_its_claims()
    {
        using var claims = FileClaims.Begin();
        var thread = new Thread(() => FileClaims.Read(_folder.File("link.csv")));
        thread.Start();
        thread.Join();

        Assert.Throws<UserErrorException>(() =>
            OutputFile.Write("--csv_output", _folder.File("hard.csv"), "output")
        );
    }
}
