using LlmSim.Experiments.Documents;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Performance;

/// <summary>The meta.yaml of a profile: what was measured, and the correction for contexts that differ.</summary>
internal sealed class ProfileMeta
{
    /// <summary>Those that are read; the others say how it was measured.</summary>
    private static readonly string[] s_fields =
    [
        "model",
        "hardware",
        "variant",
        "skew_fit",
        "gpu",
        "architecture",
        "architecture_sha256",
        "attention_grid",
        "cuda_version",
        "engine_effective",
        "measurement_iterations",
        "profiled_at",
        "profiler_version",
        "skew_profile",
        "tp_degrees",
        "vllm_version",
    ];

    private static readonly string[] s_variants =
    [
        .. PrecisionFormats.Names.Where(name => name != PrecisionRequest.Auto),
    ];

    private ProfileMeta(YamlFields fields)
    {
        fields.RequireOnly(s_fields);
        Model = fields.Text("model");
        Hardware = fields.Text("hardware");
        Variant = fields.OneOf("variant", s_variants);
        Gpu = fields.Has("gpu") ? fields.Text("gpu") : null;
        SkewFit = fields.Has("skew_fit") ? SkewFit.Read(fields.Mapping("skew_fit")) : null;
    }

    public string Model { get; }

    public string Hardware { get; }

    public string Variant { get; }

    /// <summary>The correction for contexts that differ; null where there is none.</summary>
    public SkewFit? SkewFit { get; }

    /// <summary>Where the driver's name of the accelerator is that of another one than the profile says.</summary>
    public string? Notice =>
        Gpu is not null
        && HardwareAliases.Resolve(Gpu) is var measured
        && HardwareCatalog.BuiltIn.Find(measured) is not null
        && measured != HardwareAliases.Resolve(Hardware)
            ? $"its meta.yaml has gpu '{Gpu}', which is {measured}, and hardware '{Hardware}'"
            : null;

    /// <summary>What the driver calls the accelerator; null where the file does not say it.</summary>
    private string? Gpu { get; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="UserErrorException">The file is not there, or something in it is wrong; the message says where.</exception>
    public static ProfileMeta Read(string path) =>
        new(new YamlFields(path, YamlFile.Read(path, "a mapping of names to values")));
}
