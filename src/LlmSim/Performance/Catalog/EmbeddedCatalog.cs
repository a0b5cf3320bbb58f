namespace LlmSim.Performance.Catalog;

/// <summary>The catalog files that travel inside the assembly.</summary>
internal static class EmbeddedCatalog
{
    /// <summary>Names of the files of a folder, without extension, ascending.</summary>
    public static IEnumerable<string> Names(string folder)
    {
        var prefix = Prefix(folder);
        return typeof(EmbeddedCatalog)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => name[prefix.Length..^".json".Length])
            .Order(StringComparer.Ordinal);
    }

    /// <summary>Parses one file of a folder.</summary>
    public static T Parse<T>(string folder, string name, Func<Stream, string, T> parse)
    {
        var resource = $"{Prefix(folder)}{name}.json";
        using var stream =
            typeof(EmbeddedCatalog).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the assembly");
        return parse(stream, resource);
    }

    /// <summary>The bytes of one file of a folder.</summary>
    public static byte[] Content(string folder, string name) =>
        Parse(
            folder,
            name,
            (stream, _) =>
            {
                using var content = new MemoryStream();
                stream.CopyTo(content);
                return content.ToArray();
            }
        );

    /// <summary>The entry that a file describes: a slash cannot be part of a file name, so it is written as two dashes.</summary>
    public static string EntryName(string fileName) => fileName.Replace("--", "/", StringComparison.Ordinal);

    /// <summary>An empty folder is the catalog's own.</summary>
    private static string Prefix(string folder) => folder.Length == 0 ? "catalog/" : $"catalog/{folder}/";
}
