using System.CommandLine;
using LlmSim.Experiments.Extensions;
using LlmSim.Performance.Catalog;

namespace LlmSim.Cli.Commands;

/// <summary>Folders of the user's own policies, models and accelerators. A command shows the options that it needs.</summary>
internal sealed class PluginArguments
{
    private readonly Option<string> _policies = Folder("policies", "policies, .cs and .dll", "policies");
    private readonly Option<string> _models = Folder("models", "models' config.json", "catalog/models");
    private readonly Option<string> _hardware = Folder("hardware_dir", "accelerators", "catalog/hardware");

    public OptionGroup Group => GroupOf(_policies, _models, _hardware);

    public OptionGroup PolicyGroup => GroupOf(_policies);

    public OptionGroup ModelGroup => GroupOf(_models);

    public OptionGroup HardwareGroup => GroupOf(_hardware);

    public OptionGroup ModelAndHardwareGroup => GroupOf(_models, _hardware);

    /// <summary>The built-in entries and those of the folders.</summary>
    /// <exception cref="LlmSim.UserErrorException">A folder or a file in it is wrong.</exception>
    public Catalogs Load(ParseResult parse) => Catalogs.Load(Folders(parse));

    public ModelCatalog LoadModels(ParseResult parse) => Catalogs.LoadModels(Folders(parse));

    public HardwareCatalog LoadHardware(ParseResult parse) => Catalogs.LoadHardware(Folders(parse));

    private ExtensionFolders Folders(ParseResult parse) =>
        new(Value(parse, _policies), Value(parse, _models), Value(parse, _hardware));

    /// <summary>Null for an option that the command does not have.</summary>
    private static string? Value(ParseResult parse, Option<string> option) =>
        parse.GetResult(option)?.GetValueOrDefault<string>();

    private static OptionGroup GroupOf(params Option[] options) =>
        new("Your own (besides those in the folder of the installation)", options);

    private static Option<string> Folder(string name, string content, string standard) =>
        CliOption.Text(name, $"folder of {content} [{standard}, if there is one]", valueName: "DIR");
}
