namespace LlmSim.Performance.Catalog;

/// <summary>A file that a user adds to a catalog. It is read when its entry is asked for.</summary>
/// <param name="Name">Name of the entry.</param>
/// <param name="Source">What messages call the file: its path.</param>
/// <param name="Open">Opens the file.</param>
internal sealed record CatalogFile(string Name, string Source, Func<Stream> Open)
{
    /// <summary>
    /// Entries as a catalog keeps them. A file with the name of a built-in one must be that one: figures that change
    /// behind a known name are found too late.
    /// </summary>
    internal static SortedDictionary<string, Lazy<T>> Merge<T>(
        IEnumerable<KeyValuePair<string, Lazy<T>>> entries,
        IEnumerable<CatalogFile> files,
        string folder,
        Func<CatalogFile, T> parse
    )
    {
        var merged = new SortedDictionary<string, Lazy<T>>(entries.ToDictionary(), StringComparer.Ordinal);
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (!sources.TryAdd(file.Name, file.Source))
            {
                throw new UserErrorException(
                    $"{file.Source}: {sources[file.Name]} has the name '{file.Name}' already; rename one"
                );
            }

            merged[file.Name] = merged.TryGetValue(file.Name, out var builtIn)
                ? new(() => file.IsCopyOfBuiltIn(folder) ? builtIn.Value : throw file.NameTaken())
                : new(() => parse(file));
        }

        return merged;
    }

    private bool IsCopyOfBuiltIn(string folder)
    {
        using var stream = Open();
        var content = Utf8Document.Read(stream, Source, JsonFields.LargestBytes, "a JSON object");
        var builtIn = EmbeddedCatalog.Names(folder).Single(name => EmbeddedCatalog.EntryName(name) == Name);
        return EmbeddedCatalog.Content(folder, builtIn).AsSpan().SequenceEqual(content.Span);
    }

    private UserErrorException NameTaken() =>
        new($"{Source}: '{Name}' is in the built-in catalog with other figures; give the file another name");
}
