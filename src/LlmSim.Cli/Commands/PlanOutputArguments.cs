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
    private readonly QueueArguments _queue = new();

    public IReadOnlyList<OptionGroup> Groups =>
        [new("Output", [_output, _overwrite, _explain, _sensitivity, _quiet, _jobs]), _queue.Group];

    public bool IsQuiet(ParseResult parse) => parse.GetValue(_quiet);

    public bool Explains(ParseResult parse) => parse.GetValue(_explain);

    public bool AsksForSensitivity(ParseResult parse) => parse.GetValue(_sensitivity);

    /// <summary>Where its simulations run: threads of this process, or the workers of a queue.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="folder">The folder of the answer, which has the journal.</param>
    /// <param name="console">Is told.</param>
    /// <exception cref="UserErrorException">The server cannot be used, or something does not go with it.</exception>
    public ISimulationRunner Runner(ParseResult parse, string folder, CliConsole console)
    {
        // A run of a plan has no command of its own: the plan comes to it again.
        string Alone(PreparedPoint _) =>
            CommandLineText.Of([
                .. CommandLineText.Without(parse, [.. _queue.Group.Options]),
                "--n_jobs",
                "1",
            ]);
        return _queue.Open(parse, _jobs, Path.Combine(folder, PlanFiles.Journal), Alone, console)
            ?? new LocalRunner(CliOption.JobsOf(parse, _jobs));
    }

    /// <summary>Options that are given and that nothing reads.</summary>
    public IEnumerable<string> Unread(ParseResult parse) => _queue.Reader(parse).Unread(parse);

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
