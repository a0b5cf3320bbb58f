using System.CommandLine;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary>The preset of the semantics, and an option for each of its options.</summary>
internal sealed class SemanticsArguments
{
    private readonly Option<string> _preset = CliOption.Choice(
        "semantics",
        "the model: physically right, or the reference simulator with its quirks",
        Semantics.Standard.Preset,
        [.. SemanticsOptions.Presets.Select(preset => preset.Preset)]
    );

    /// <summary>What decides the time and the memory of one iteration.</summary>
    private static readonly string[] s_readByRoofline =
    [
        "decode_attention_context",
        "attention_tp",
        "flash_output",
        "attention_mask",
        "lm_head",
        "tp_communication",
        "kv_bytes_per_token",
        "weights",
        "batch_padding",
    ];

    private readonly IReadOnlyList<(SemanticsOption Setting, Option<string> Option)> _settings =
    [
        .. SemanticsOptions.All.Select(setting =>
            (
                setting,
                CliOption.Text(
                    setting.Name,
                    Describe(setting),
                    valueName: "VALUE",
                    value: new OptionValue.Words(setting.AllowedValues)
                )
            )
        ),
    ];

    public IReadOnlyList<OptionGroup> Groups =>
        [
            new("Semantics", [_preset]),
            new(
                "Options of the semantics, which switch singly what the presets switch together",
                [.. _settings.Select(entry => entry.Option)]
            ),
        ];

    public Semantics Read(ParseResult parse)
    {
        var semantics = SemanticsOptions.Preset(parse.GetRequiredValue(_preset));
        foreach (var (setting, option) in _settings)
        {
            if (parse.GetValue(option) is { } value)
            {
                semantics = setting.With(semantics, value);
            }
        }

        return semantics;
    }

    /// <summary>A message for each option that is given and that is not among those that the roofline reads.</summary>
    public IEnumerable<string> UnreadByRoofline(ParseResult parse) =>
        new ConditionalOptions(
            "llmsim run",
            IsIn: false,
            [
                .. _settings
                    .Where(entry => !s_readByRoofline.Contains(entry.Setting.Name))
                    .Select(entry => entry.Option),
            ]
        ).Unread(parse);

    private static string Describe(SemanticsOption setting) =>
        $"{setting.Summary}: {string.Join(", ", setting.AllowedValues)}";
}
