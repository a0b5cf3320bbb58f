using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Planning;

/// <summary>
/// How a kind of instances serves beside what it is made of: what the question has several values of. The others are null, and as the
/// question has them.
/// </summary>
internal sealed record ServingSetup
{
    private const string PrecisionOption = "precision";

    /// <summary>All as the question has it.</summary>
    public static ServingSetup Asked { get; } = new();

    /// <summary>Format of weights and activations.</summary>
    public string? Precision { get; init; }

    /// <summary>Policy that routes arriving requests.</summary>
    public string? PrefillGlobal { get; init; }

    /// <summary>Policy that orders the prefill queues.</summary>
    public string? PrefillLocal { get; init; }

    /// <summary>Policy that routes prefilled requests.</summary>
    public string? DecodeGlobal { get; init; }

    /// <summary>Policy that orders the decode queues.</summary>
    public string? DecodeLocal { get; init; }

    /// <summary>As options, in their order.</summary>
    public IEnumerable<Setting> Settings =>
        new[]
        {
            (PrecisionOption, Precision),
            ("prefill_global", PrefillGlobal),
            ("prefill_local", PrefillLocal),
            ("decode_global", DecodeGlobal),
            ("decode_local", DecodeLocal),
        }
            .Where(one => one.Item2 is not null)
            .Select(one => new Setting(one.Item1, one.Item2!));

    /// <summary>As "-nvfp4-shortest", for files and tables; empty where all is as asked.</summary>
    public string Suffix =>
        string.Concat(Settings.Select(setting => $"-{string.Concat(setting.Value.Select(OfFileName))}"));

    /// <summary>The setup of some options.</summary>
    public static ServingSetup Of(IEnumerable<Setting> settings)
    {
        var values = settings.ToDictionary(setting => setting.Option, setting => setting.Value);
        return new ServingSetup
        {
            Precision = values.GetValueOrDefault(PrecisionOption),
            PrefillGlobal = values.GetValueOrDefault("prefill_global"),
            PrefillLocal = values.GetValueOrDefault("prefill_local"),
            DecodeGlobal = values.GetValueOrDefault("decode_global"),
            DecodeLocal = values.GetValueOrDefault("decode_local"),
        };
    }

    /// <summary>What concerns instances that do both: nothing is routed or queued for decoding alone.</summary>
    public ServingSetup OfMixed() => this with { DecodeGlobal = null, DecodeLocal = null };

    /// <summary>A configuration that serves so.</summary>
    public RunConfiguration ApplyTo(RunConfiguration configuration) =>
        configuration with
        {
            Precision = Precision is { } format
                ? configuration.Precision with
                {
                    Format = format,
                }
                : configuration.Precision,
            PrefillGlobal = PrefillGlobal ?? configuration.PrefillGlobal,
            PrefillLocal = PrefillLocal ?? configuration.PrefillLocal,
            DecodeGlobal = DecodeGlobal ?? configuration.DecodeGlobal,
            DecodeLocal = DecodeLocal ?? configuration.DecodeLocal,
        };

    private static char OfFileName(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '_';
}
