using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Names of files of measurements and those of the catalogs.</summary>
internal static class RowNames
{
    /// <summary>The same shapes as a model of the catalog; the precision is a column of its own.</summary>
    private static readonly Dictionary<string, string> s_models = new(StringComparer.Ordinal)
    {
        ["DeepSeek-R1"] = "deepseek-ai/DeepSeek-R1",
        ["nvidia/DeepSeek-V3.1-NVFP4"] = "deepseek-ai/DeepSeek-V3",
        ["nvidia/Llama-3.1-8B-Instruct-FP8"] = "meta-llama/Llama-3.1-8B-Instruct",
        ["nvidia/Qwen3-32B-NVFP4"] = "Qwen/Qwen3-32B",
        ["Qwen/Qwen3-235B-A22B-FP8"] = "Qwen/Qwen3-235B-A22B",
    };

    /// <summary>Starts of the names of models whose checkpoints in FP8 have the weight_block_size [128, 128] in their config.json.</summary>
    private static readonly string[] s_publishersOfBlocks =
    [
        "deepseek-ai/",
        "DeepSeek",
        "MiniMaxAI/",
        "Qwen/",
    ];

    private static readonly Dictionary<string, string> s_systems = new(StringComparer.OrdinalIgnoreCase)
    {
        ["a100_sxm"] = "NVIDIA_A100_80G",
        ["h100"] = "NVIDIA_H100_SXM",
        ["h100_sxm"] = "NVIDIA_H100_SXM",
        ["h200"] = "NVIDIA_H200",
        ["h200_sxm"] = "NVIDIA_H200",
        ["b200"] = "NVIDIA_B200",
        ["b200_sxm"] = "NVIDIA_B200",
        ["b300"] = "NVIDIA_B300",
        ["b300_sxm"] = "NVIDIA_B300",
        ["gb200"] = "NVIDIA_GB200",
        ["gb300"] = "NVIDIA_GB300",
        ["l40s"] = "NVIDIA_L40S",
        ["mi300x"] = "AMD_MI300X",
        ["mi325x"] = "AMD_MI325X",
        ["mi350x"] = "AMD_MI350X",
        ["mi355x"] = "AMD_MI355X",
    };

    /// <summary>As <see cref="PredictionSubject.Family" />, or "unknown".</summary>
    public static string Family(string model, ModelCatalog models) =>
        FindModel(model, models) switch
        {
            null => "unknown",
            { } found => PredictionSubject.FamilyOf(found),
        };

    /// <summary>Whose rules an engine batches by: one that is not known, by vLLM's.</summary>
    public static EngineKind Engine(string engine) =>
        EngineDefaults.Kinds.GetValueOrDefault(engine, EngineKind.Vllm);

    /// <summary>The model.</summary>
    /// <exception cref="NotExpressibleException">The catalog does not have it.</exception>
    public static ModelDescription Model(string model, ModelCatalog models) =>
        FindModel(model, models)
        ?? throw new NotExpressibleException("model not in the catalog", $"{model} is not in the catalog");

    /// <summary>The accelerator.</summary>
    /// <exception cref="NotExpressibleException">The catalog does not have it.</exception>
    public static HardwareDescription Hardware(string system, HardwareCatalog hardware)
    {
        var name = s_systems.GetValueOrDefault(system, system);
        try
        {
            return hardware.Get(name);
        }
        catch (UserErrorException)
        {
            throw new NotExpressibleException(
                "accelerator not in the catalog",
                $"{system} ({name}) is not in the catalog"
            );
        }
    }

    /// <summary>What a precision by name stands for.</summary>
    /// <exception cref="NotExpressibleException">There is no such precision.</exception>
    public static PrecisionRequest Precision(ServingDeployment deployment)
    {
        var name = deployment.Precision;
        var format = name switch
        {
            "bf16" or "fp16" or "int8" => name,
            "fp8" => IsPublishedInBlocks(deployment.Model) ? "fp8_block" : "fp8",
            "fp4" => "nvfp4",
            "int4" => "w4a16",
            _ => throw new NotExpressibleException(
                "precision unknown",
                $"precision {name}; allowed: bf16, fp16, fp8, int8, fp4, int4"
            ),
        };
        return new PrecisionRequest
        {
            Format = format,
            KvFormat =
                deployment.Settings.KvFormat
                ?? EngineDefaults.KvFormat(
                    Engine(deployment.Engine),
                    isQuantized: name is not ("bf16" or "fp16")
                ),
        };
    }

    /// <summary>
    /// Whether the checkpoint in FP8 has one scale for a block of 128 × 128 weights: so those publishers made theirs, and so engines
    /// run them.
    /// </summary>
    private static bool IsPublishedInBlocks(string model) =>
        s_publishersOfBlocks.Any(publisher => model.StartsWith(publisher, StringComparison.Ordinal));

    private static ModelDescription? FindModel(string model, ModelCatalog models) =>
        models.Find(model) ?? models.Find(s_models.GetValueOrDefault(model, model));
}
