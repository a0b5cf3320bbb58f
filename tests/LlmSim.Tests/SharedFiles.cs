using Xunit;

namespace LlmSim.Tests;

/// <summary>Files beside the checkout that are not part of it; a test that needs one is skipped where it is absent.</summary>
internal static class SharedFiles
{
    private static readonly string? s_root = Find();

    /// <summary>Path of a file of ../shared, or skips the calling test.</summary>
    public static string Require(string relativePath)
    {
        var path = s_root is null ? null : Path.Combine(s_root, relativePath);
        Assert.SkipUnless(File.Exists(path), $"../shared/{relativePath} is not here");
        return path!;
    }

    private static string? Find()
    {
        for (
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            folder is not null;
            folder = folder.Parent
        )
        {
            if (File.Exists(Path.Combine(folder.FullName, "LlmSim.slnx")))
            {
                var shared = Path.Combine(folder.Parent?.FullName ?? "", "shared");
                return Directory.Exists(shared) ? shared : null;
            }
        }

        return null;
    }
}
