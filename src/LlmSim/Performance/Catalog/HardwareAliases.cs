namespace LlmSim.Performance.Catalog;

/// <summary>What drivers, profiles and runs call accelerators of the catalog. A name that may be that of several is none of them.</summary>
internal static class HardwareAliases
{
    private static readonly Lazy<Dictionary<string, string>> s_names = new(() =>
        EmbeddedCatalog.Parse(
            "aliases",
            "hardware",
            (stream, sourceName) =>
                JsonFields.Read(stream, sourceName).Texts().ToDictionary(StringComparer.Ordinal)
        )
    );

    /// <summary>The catalog's names by alias.</summary>
    public static IReadOnlyDictionary<string, string> All => s_names.Value;

    /// <summary>The catalog's name of an accelerator; the name itself where it is no alias.</summary>
    public static string Resolve(string name) => s_names.Value.GetValueOrDefault(name, name);

    /// <summary>The aliases of an accelerator of the catalog.</summary>
    public static IEnumerable<string> Of(string name) =>
        s_names.Value.Where(alias => alias.Value == name).Select(alias => alias.Key);
}
