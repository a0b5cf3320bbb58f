using System.CommandLine;
using LlmSim.Experiments.Planning;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>Where a plan goes, and how it is made.</summary>
internal sealed class PlanOutputArguments
{
    private readonly Option<string> _output = CliOption.Folder(
        "output",
        "folder for the answer: tables, a scenario and commands to deploy for each candidate, and the journal",
        "plan"
    );

    private readonly Option<bool> _overwrite = CliOption.Flag(
        "overwrite",
        "forget the simulations that the journal of the folder has; otherwise they are used again"
    );

    private readonly Option<bool> _explain = CliOption.Flag(
        "explain",
        "say of each kind of instance why it is not in the answer"
    );

    private readonly Option<bool> _sensitivity = CliOption.Flag(
        "sensitivity",
        "ask again with the rate, the lengths and the times of iterations a fifth lower and higher: which assumption moves the answer"
    );

    private readonly Option<bool> _quiet = CliOption.Flag(
        "quiet",
        "no answer on standard output and no progress"
    );

    private readonly Option<long?> _jobs = CliOption.Jobs();

    public OptionGroup Group => new("Output", [_output, _overwrite, _explain, _sensitivity, _quiet, _jobs]);

    public bool IsQuiet(ParseResult parse) => parse.GetValue(_quiet);

    public bool Explains(ParseResult parse) => parse.GetValue(_explain);

    public bool AsksForSensitivity(ParseResult parse) => parse.GetValue(_sensitivity);

    public int Workers(ParseResult parse) => CliOption.JobsOf(parse, _jobs);

    /// <summary>The folder, made where it is missing.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public string OpenFolder(ParseResult parse)
    {
        var folder = parse.GetRequiredValue(_output);
        try
        {
            Directory.CreateDirectory(folder);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--output {folder}: cannot be made: {e.Message}", e);
        }
    }

    /// <summary>The journal of the folder.</summary>
    /// <exception cref="UserErrorException">It is none, or another process has it.</exception>
    public Journal OpenJournal(ParseResult parse, string folder)
    {
        var path = Path.Combine(folder, PlanFiles.Journal);
        return parse.GetValue(_overwrite) ? Journal.Overwrite(path) : Journal.Resume(path);
    }
}
