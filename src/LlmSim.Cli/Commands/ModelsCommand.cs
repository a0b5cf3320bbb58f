using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
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
        var catalog = _plugins.LoadModels(parse);
        foreach (var id in catalog.Ids)
        {
            try
            {
                Add(table, catalog.Get(id));
            }
            catch (UserErrorException e)
            {
                // A file that cannot be used does not hide the others.
                Console.Error.WriteLine($"left out: {TerminalText.Message(e.Message)}");
            }
        }

        TextTable.Write(table, Console, width: 132);
    }

    private static void Add(Spectre.Console.Table table, ModelDescription model) =>
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
