using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Kernels;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim kernels import</c>: the compact form of folders of measured operations.</summary>
internal sealed class KernelsImportCommand : CliCommand
{
    private readonly Argument<string[]> _folders = new("DIR")
    {
        Description =
            "folders of accelerators in the layout of aiconfigurator's systems/data: OPERATION/ENGINE/VERSION/NAME_perf.parquet",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _engine = CliOption.Text(
        "engine",
        "the engine whose operations are taken",
        "vllm",
        "NAME"
    );

    private readonly Option<string> _commit = CliOption.Text(
        "commit",
        "the commit that the folders are of; it travels with the file",
        valueName: "ID"
    );

    private readonly Option<string> _outputFolder = CliOption.Folder(
        "output_dir",
        "folder to write to, a file for each accelerator",
        ".",
        "DIR"
    );

    private readonly PluginArguments _plugins = new();

    public KernelsImportCommand(CliConsole console)
        : base("import", "Make the compact form of folders of measured operations.", console)
    {
        Add(_folders);
        AddGroups([new("Import", [_engine, _commit, _outputFolder]), _plugins.HardwareGroup]);
        Examples =
        [
            "llmsim kernels import data/h100_sxm data/h200_sxm --engine vllm --output_dir catalog/kernels",
            "llmsim run --performance kernels:NVIDIA_H100_SXM.vllm.kernels",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        foreach (var folder in parse.GetRequiredValue(_folders))
        {
            var (path, inventory) = KernelImport.Run(
                folder,
                parse.GetRequiredValue(_engine),
                parse.GetValue(_commit) ?? "",
                parse.GetRequiredValue(_outputFolder),
                _plugins.LoadHardware(parse)
            );
            Console.Out.WriteLine(
                $"{path}: {inventory.Hardware}, {inventory.Engine} {inventory.Version}, {Figures.Count(inventory.Points)} points, {Figures.Count(new FileInfo(path).Length)} bytes"
            );
        }
    }
}
