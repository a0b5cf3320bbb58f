using System.CommandLine;
using LlmSim.Experiments.Extensions;
using LlmSim.Performance.Catalog;

namespace LlmSim.Cli.Commands;

/// <summary>Folders of the user's own policies, models and accelerators. A command shows the options that it needs.</summary>
internal sealed class PluginArguments
{
    private readonly Option<string> _policies = Folder(
        "policies",
        "policies, .cs and .dll, all of which are compiled and run",
        "policies",
        "for policies that are named"
    );
    private readonly Option<string> _models = Folder("models", "models' config.json", "catalog/models");
    private readonly Option<string> _hardware = Folder("hardware_dir", "accelerators", "catalog/hardware");

    public OptionGroup Group => GroupOf(_policies, _models, _hardware);

    public OptionGroup PolicyGroup => GroupOf(_policies);

    public OptionGroup ModelGroup => GroupOf(_models);

    public OptionGroup HardwareGroup => GroupOf(_hardware);

    public OptionGroup ModelAndHardwareGroup => GroupOf(_models, _hardware);

    /// <summary>The built-in entries and those of the folders. What was loaded is told on standard error.</summary>
    /// <exception cref="LlmSim.UserErrorException">A folder or a file that is needed is wrong.</exception>
    public Catalogs Load(ParseResult parse, IReadOnlyCollection<NamedPolicy> named, CliConsole console) =>
        Catalogs.Load(Folders(parse), named, console.Tell);

    /// <summary>The policies in the folders that are looked into when none is given; they are not run.</summary>
    public IReadOnlyList<DeclaredPolicy> DeclaredPolicies(ParseResult parse, CliConsole console) =>
        Value(parse, _policies) is null ? Catalogs.DeclaredPolicies(Folders(parse), console.Tell) : [];

    public ModelCatalog LoadModels(ParseResult parse) => Catalogs.LoadModels(Folders(parse));

    public HardwareCatalog LoadHardware(ParseResult parse) => Catalogs.LoadHardware(Folders(parse));

    private ExtensionFolders Folders(ParseResult parse) =>
        new(Value(parse, _policies), Value(parse, _models), Value(parse, _hardware));

    /// <summary>Null for an option that the command does not have.</summary>
    private static string? Value(ParseResult parse, Option<string> option) =>
        parse.GetResult(option)?.GetValueOrDefault<string>();

    private static OptionGroup GroupOf(params Option[] options) =>
        new("Your own (besides those in the folder of the installation)", options);

    private static Option<string> Folder(
        string name,
        string content,
        string standard,
        string when = "if there is one"
    ) => CliOption.Folder(name, $"folder of {content} [{standard}, {when}]");
}
