using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Performance;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim models</c>: the catalog of models.</summary>
internal sealed class ModelsCommand : CliCommand
{
    private readonly PluginArguments _plugins = new();

    public ModelsCommand(CliConsole console)
        : base(
            "models",
            "List the models of the catalog with their shapes; KV is bytes per token at 16 bits.",
            console
        )
    {
        AddGroups(_plugins.ModelGroup);
        Examples =
        [
            "llmsim models",
            "llmsim run --model Qwen/Qwen3-8B",
            "llmsim run --model path/to/config.json",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var table = TextTable.Create(
            "Model",
            ">params",
            ">layers",
            ">hidden",
            ">heads",
            ">KV heads",
            ">vocabulary",
            ">context",
            ">KV"
        );
        foreach (var model in _plugins.LoadModels(parse).All)
        {
            table.Add(
                model.Id,
                Figures.Si(model.Parameters),
                Figures.Count(model.Layers),
                Figures.Count(model.HiddenSize),
                Figures.Count(model.AttentionHeads),
                Figures.Count(model.KvHeads),
                Figures.Count(model.VocabularySize),
                Figures.Count(model.MaxContextTokens),
                Figures.Count(model.KvBytesPerToken(new Precision()))
            );
        }

        Console.Out.Write(TextTable.Render(table, Console, width: 132));
    }
}
