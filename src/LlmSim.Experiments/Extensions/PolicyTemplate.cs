using System.Text;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Extensions;

/// <summary>Policies to start from: one that works for each kind of policy.</summary>
internal static class PolicyTemplate
{
    private const string Suffix = ".template";

    /// <summary>The kinds: routing by choice or by score or of both instances at once, queueing by choice or by key, admission, the size of a fleet, preemption, what an iteration computes, prediction.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "global",
        "scored",
        "joint",
        "local",
        "ordered",
        "admission",
        "autoscale",
        "victim",
        "batching",
        "predictor",
    ];

    /// <summary>Writes NAME.cs.</summary>
    /// <param name="name">The policy's name.</param>
    /// <param name="kind">One of <see cref="Kinds" />.</param>
    /// <param name="folder">Where; it is made if it does not exist.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="UserErrorException">The name cannot be one or is taken, or the file exists or cannot be written.</exception>
    public static string Write(string name, string kind, string folder)
    {
        RequireName(name);
        return ShippedPolicies.Catalog.All.Any(policy => policy.Name == name)
            ? throw new UserErrorException($"'{name}' is the name of a built-in policy; give another name")
            : WriteNew(name, kind, folder);
    }

    /// <summary>Writes NAME.cs of a kind.</summary>
    internal static string WriteNew(string name, string kind, string folder)
    {
        var path = Path.Combine(folder, $"{name}.cs");
        if (File.Exists(path))
        {
            throw new UserErrorException($"{path}: exists; it stays as it is. Give another name");
        }

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--output {folder}: cannot be made: {e.Message}", e);
        }

        OutputFile.Write("--output", path, Text(name, kind, path));
        return path;
    }

    private static string Text(string name, string kind, string path)
    {
        using var stream = typeof(PolicyTemplate).Assembly.GetManifestResourceStream(
            $"templates/{kind}{Suffix}"
        )!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader
            .ReadToEnd()
            .Replace("$name$", name, StringComparison.Ordinal)
            .Replace("$file$", path, StringComparison.Ordinal)
            .Replace("$Class$", ClassName(name), StringComparison.Ordinal);
    }

    /// <summary>Whether a text can be a name on the command line.</summary>
    internal static void RequireName(string name)
    {
        var isName =
            name.Length > 0
            && char.IsAsciiLetterLower(name[0])
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        if (!isName)
        {
            throw new UserErrorException(
                $"found the name '{name}'; allowed: lower-case letters, digits and underscores, a letter first"
            );
        }
    }

    /// <summary>my_policy becomes MyPolicy.</summary>
    private static string ClassName(string name) =>
        string.Concat(
            name.Split('_', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => char.ToUpperInvariant(word[0]) + word[1..])
        );
}
