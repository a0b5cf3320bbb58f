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
    private readonly Option<double> _timeout = CliOption.Number(
        Watchdog.Option,
        "seconds of wall time that a policy or performance model of your own may take to answer",
        10,
        FigureRanges.PositiveSeconds
    );
    private readonly Option<string> _hardware = Folder("hardware_dir", "accelerators", "catalog/hardware");
    private readonly Option<string> _engines = CliOption.Folder(
        "engine_profiles",
        "folder of engine profiles, JSON, as llmsim calibrate --rows writes them; each takes the place of the simulator's own for its engine and versions"
    );

    public OptionGroup Group => GroupOf(_policies, _models, _hardware, _engines, _timeout);

    public OptionGroup PolicyGroup => GroupOf(_policies, _timeout);

    public OptionGroup ModelGroup => GroupOf(_models);

    public OptionGroup HardwareGroup => GroupOf(_hardware);

    public OptionGroup ModelAndHardwareGroup => GroupOf(_models, _hardware);

    /// <summary>Of commands that may run a performance model of the user's own, but no policy.</summary>
    public OptionGroup PerformanceGroup => GroupOf(_models, _hardware, _engines, _timeout);

    /// <summary>The built-in entries and those of the folders. What was loaded is told on standard error.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="named">The policies that are asked for.</param>
    /// <param name="sources">The sources of times that are asked for.</param>
    /// <param name="console">Is told what is loaded.</param>
    /// <exception cref="UserErrorException">A folder or a file that is needed is wrong.</exception>
    public Catalogs Load(
        ParseResult parse,
        IReadOnlyCollection<NamedPolicy> named,
        IEnumerable<string> sources,
        CliConsole console
    )
    {
        var folders = Folders(parse);
        string[] own = [.. sources.Where(OwnPerformanceFiles.IsOwn).Distinct(StringComparer.Ordinal)];
        BeforeOwnCode(
            parse,
            [.. Catalogs.OwnPolicies(folders, named), .. own.Select(source => $"performance {source}")],
            console
        );
        TellLoaded(own, console);
        return Catalogs.Load(folders, named, console.Tell);
    }

    /// <summary>Gets ready to run the performance model of a source, if that is a user's own.</summary>
    public void BeforePerformance(ParseResult parse, string source, CliConsole console)
    {
        if (OwnPerformanceFiles.IsOwn(source))
        {
            BeforeOwnCode(parse, [$"performance {source}"], console);
            TellLoaded([source], console);
        }
    }

    /// <summary>The policies in the folders that are looked into when none is given; they are not run.</summary>
    public IReadOnlyList<DeclaredPolicy> DeclaredPolicies(ParseResult parse, CliConsole console) =>
        Value(parse, _policies) is null ? Catalogs.DeclaredPolicies(Folders(parse), console.Tell) : [];

    public ModelCatalog LoadModels(ParseResult parse) => Catalogs.LoadModels(Folders(parse));

    public HardwareCatalog LoadHardware(ParseResult parse) => Catalogs.LoadHardware(Folders(parse));

    public EngineProfiles LoadEngines(ParseResult parse) => Catalogs.LoadEngines(Folders(parse));

    private void BeforeOwnCode(ParseResult parse, IReadOnlyList<string> names, CliConsole console)
    {
        if (names.Count > 0)
        {
            console.BeforeOwnCode?.Invoke(new OwnCode(names, parse.GetValue(_timeout)));
        }
    }

    private static void TellLoaded(string[] sources, CliConsole console)
    {
        if (sources.Length > 0)
        {
            console.Tell($"loaded {string.Join(", ", sources.Select(OwnPerformanceFiles.PathOf))}");
        }
    }

    private ExtensionFolders Folders(ParseResult parse) =>
        new(Value(parse, _policies), Value(parse, _models), Value(parse, _hardware), Value(parse, _engines));

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
