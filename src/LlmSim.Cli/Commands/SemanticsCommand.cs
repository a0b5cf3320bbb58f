using LlmSim.Cli.Output;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim semantics</c>: the options in which the presets differ.</summary>
internal sealed class SemanticsCommand : CliCommand
{
    public SemanticsCommand(CliConsole console)
        : base("semantics", "List the options of the model, with their values in both presets.", console)
    {
        Examples = ["llmsim semantics", "llmsim run --semantics reference --decode_attention_context full"];
        SetAction(_ => Execute());
    }

    private void Execute()
    {
        var table = TextTable.Create([
            "Option",
            .. SemanticsOptions.Presets.Select(preset => preset.Preset),
            "",
        ]);
        foreach (var option in SemanticsOptions.All)
        {
            table.Add([option.Name, .. SemanticsOptions.Presets.Select(option.Get), option.Summary]);
        }

        TextTable.Write(table, Console, width: 132);
    }
}
