using System.Collections.Frozen;

namespace LlmSim.Performance.Catalog;

/// <summary>The families that can be simulated, by model_type, and what others lack.</summary>
internal static class ModelFamilies
{
    private const string Mamba = "layers of a state-space model (Mamba)";
    private const string Linear = "layers of linear attention";
    private const string Sparse = "sparse attention, whose indexer chooses the tokens that are seen";
    private const string Uneven = "layers that differ in their heads or widths";

    private static readonly FrozenDictionary<string, ModelRules> s_families = DenseFamilies
        .All.Concat(ExpertFamilies.All)
        .Concat(HybridFamilies.All)
        .Concat(OlderFamilies.All)
        .SelectMany(rules => rules.Types.Select(type => KeyValuePair.Create(type, rules)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> s_lacking = new Dictionary<string, string[]>
    {
        [Mamba] = ["falcon_mamba", "hymba", "mamba", "mamba2", "phi4flash", "plamo2", "zamba", "zamba2"],
        [Linear] = ["bailing_hybrid", "bailing_moe_linear", "olmo_hybrid"],
        ["recurrent layers"] = ["recurrent_gemma", "rwkv", "rwkv5", "rwkv6", "rwkv7"],
        ["layers of short convolutions"] = ["lfm2", "lfm2_moe"],
        [Sparse] = ["deepseek_ref", "deepseek_v4", "minicpm4", "phi3small"],
        ["windows in some layers, and " + Uneven] = ["gemma3n", "gemma3n_text"],
        [Uneven] = ["deci", "decilm", "ernie4_5_vl_moe", "openelm"],
        ["layers of two attentions with experts beside them"] = ["longcat_flash"],
        ["keys and values that layers share"] = ["hunyuan", "yoco"],
        ["an encoder, or no decoder at all"] =
        [
            "bart",
            "bert",
            "deberta-v2",
            "mbart",
            "modernbert",
            "mt5",
            "roberta",
            "t5",
            "t5gemma",
            "whisper",
            "xlm-roberta",
        ],
    }
        .SelectMany(lack => lack.Value.Select(type => KeyValuePair.Create(type, lack.Key)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All values of model_type that can be simulated, in alphabetical order.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. s_families.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Those of them whose models have experts.</summary>
    public static IReadOnlyList<string> TypesWithExperts { get; } =
    [.. Types.Where(type => s_families[type].Experts is not null)];

    /// <summary>The rules of a model_type; null for another.</summary>
    public static ModelRules? Find(string type) => s_families.GetValueOrDefault(type);

    /// <summary>What a model_type has that is not simulated yet; null where nothing is known of it.</summary>
    public static string? Lack(string type) => s_lacking.GetValueOrDefault(type);
}
