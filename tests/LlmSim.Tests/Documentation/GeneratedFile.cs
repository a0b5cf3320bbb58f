using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Documentation;

/// <summary>Files of the repository that are made from the code. With LLMSIM_UPDATE_GENERATED=1 the tests write them.</summary>
internal static class GeneratedFile
{
    private static readonly bool s_isUpdated =
        Environment.GetEnvironmentVariable("LLMSIM_UPDATE_GENERATED") == "1";

    /// <summary>Fails where a file is not what the code makes.</summary>
    public static void RequireCurrent(string name, string text)
    {
        var path = Path.Combine(Repository.Root, name);
        if (s_isUpdated)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == text,
            $"{name} is stale; LLMSIM_UPDATE_GENERATED=1 ./test.sh writes it anew"
        );
    }
}
