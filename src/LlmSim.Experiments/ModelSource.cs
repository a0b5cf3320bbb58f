using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments;

/// <summary>Where a model's shapes come from: the catalog, or a config.json as models are published with.</summary>
internal static class ModelSource
{
    /// <summary>Where ModelOpt says what it converted.</summary>
    private const string QuantizationFile = "hf_quant_config.json";

    /// <summary>The model of a name in the catalog, or of a path that ends in .json, with the context that is served.</summary>
    /// <exception cref="UserErrorException">There is no such model, its file is wrong, or its context is shorter.</exception>
    public static ModelDescription Load(string nameOrPath, ModelCatalog catalog, int? maxModelLen) =>
        Load(nameOrPath, catalog).Serving(maxModelLen);

    /// <summary>The model of a name in the catalog, or of a path that ends in .json.</summary>
    /// <exception cref="UserErrorException">There is no such model, or its file is wrong.</exception>
    public static ModelDescription Load(string nameOrPath, ModelCatalog catalog)
    {
        if (!nameOrPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return catalog.Get(nameOrPath);
        }

        using var stream = InputFile.Open(nameOrPath);
        var model = ModelConfigParser.Parse(nameOrPath, stream, nameOrPath);
        return model.Quantization is null
            ? model with
            {
                Quantization = FileBeside(nameOrPath, model),
            }
            : model;
    }

    private static Precision? FileBeside(string path, ModelDescription model)
    {
        var beside = Path.Combine(Path.GetDirectoryName(path) ?? "", QuantizationFile);
        if (!File.Exists(beside))
        {
            return null;
        }

        using var stream = InputFile.Open(beside);
        return QuantizationParser.ReadFile(stream, beside, model);
    }
}
