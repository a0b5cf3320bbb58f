using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class InputFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Entries_come_in_the_order_of_their_names()
    {
        foreach (var name in new[] { "b.csv", "B.csv", "a.csv", "a.txt", "d/c.csv" })
        {
            _folder.Write(name, "");
        }

        Assert.Equal(["B.csv", "a.csv", "b.csv"], Names(InputFolder.Files(_folder.File(""), "*.csv")));
        Assert.Equal(["d"], Names(InputFolder.Folders(_folder.File(""))));
        Assert.Equal(4 + 1, InputFolder.FilesUnder(_folder.File("")).Length);

        static IEnumerable<string> Names(string[] paths)
        {
            return paths.Select(path => Path.GetFileName(path));
        }
    }

    [Fact]
    public void What_cannot_be_listed_is_an_error_with_its_name()
    {
        var file = _folder.Write("file", "");

        var error = Assert.Throws<UserErrorException>(() => InputFolder.Files(file));

        Assert.StartsWith($"{file}: the folder cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_permission_is_an_error_wherever_one_is_read()
    {
        Assert.SkipWhen(
            Environment.IsPrivilegedProcess || OperatingSystem.IsWindows(),
            "this user may read every folder"
        );
        var closed = Directory.CreateDirectory(_folder.File("closed")).FullName;
        SetMode(closed, UnixFileMode.None);
        string[][] commands =
        [
            ["plot", closed],
            ["calibrate", closed],
            ["run", "--performance", $"measured:{closed}"],
            ["run", "--policies", closed],
            ["run", "--models", closed],
            ["run", "--hardware_dir", closed],
        ];

        Assert.All(
            commands,
            command =>
            {
                var run = CliRun.Of(command);
                Assert.Equal(1, run.ExitCode);
                Assert.Contains($"{closed}: no permission to read", run.Error, StringComparison.Ordinal);
            }
        );
        Assert.Throws<UserErrorException>(() => Catalogs.LoadModels(new ExtensionFolders(Models: closed)));
        // So that it can be deleted.
        SetMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void SetMode(string folder, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, mode);
        }
    }
}
