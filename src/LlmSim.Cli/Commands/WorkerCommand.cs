using System.CommandLine;
using System.Text;
using LlmSim.Distributed;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim worker</c>: runs the points of sweeps that use a queue.</summary>
internal sealed class WorkerCommand : CliCommand
{
    private const double BytesOfGigabyte = 1e9;

    private readonly Argument<string> _address = new("address")
    {
        HelpName = "ADDRESS",
        Description = $"the server of the queue, {QueueArguments.Form}",
    };

    private readonly Option<long?> _jobs = CliOption.Jobs();

    private readonly Option<bool> _allowCode = CliOption.Flag(
        "allow_code",
        "run policies and performance models that sweeps bring along: they are programs, and may do what you may"
    );

    private readonly Option<string> _cache = CliOption.Folder(
        "cache",
        "folder for what sweeps read, for all workers of the machine [the user's cache]"
    );

    private readonly Option<double> _cacheSize = CliOption.Number(
        "cache_size",
        "gigabytes that are kept there; what was used longest ago goes",
        10,
        new FigureRange(0.001, 1e6)
    );

    private bool _isWatching;

    public WorkerCommand(CliConsole console)
        : base(
            "worker",
            "Run simulations of sweeps and plans that use a queue (--queue), until it is stopped. User and keys are in the address or in the "
                + "variables of the nats command; see docs/clusters.md.",
            console
        )
    {
        Add(_address);
        AddGroups(new OptionGroup("Worker", [_jobs, _allowCode, _cache, _cacheSize]));
        Examples =
        [
            "llmsim worker nats://queue.example.org:4222",
            "llmsim worker tls://user:password@queue.example.org:4222 --n_jobs 4",
        ];
        SetAction(Execute);
    }

    private int Execute(ParseResult parse)
    {
        var address = QueueAddress.Parse(parse.GetRequiredValue(_address));
        if (Console.OnBegun is not { } onBegun)
        {
            string[] args = [.. parse.Tokens.Select(token => token.Value)];
            return new WorkerProcesses(args, Console).Run(CliOption.JobsOf(parse, _jobs));
        }

        try
        {
            Work(OptionsOf(parse, address, onBegun));
        }
        catch (OperationCanceledException) when (Console.Cancellation.IsCancellationRequested)
        {
            // What it was at is back in the queue.
        }

        return ExitCode.Interrupted;
    }

    private void Work(WorkerOptions options)
    {
        var crashed = Environment.GetEnvironmentVariable(WorkerProcesses.Crashed)?.Split('\n', 2);
        QueueWorker
            .RunAsync(
                options,
                crashed is [var reason, var begun]
                && QueueJson.Read<BegunSimulation>(Encoding.UTF8.GetBytes(begun)) is { } simulation
                    ? simulation with
                    {
                        Reason = reason,
                    }
                    : null,
                Console.Cancellation
            )
            .GetAwaiter()
            .GetResult();
    }

    private WorkerOptions OptionsOf(ParseResult parse, QueueAddress address, Action<string> onBegun) =>
        new(
            address,
            parse.GetValue(_allowCode),
            parse.GetValue(_cache)
                ?? UserCache.Folder("inputs")
                ?? throw new UserErrorException("--cache: this system has no place for it; give a folder."),
            (long)(parse.GetValue(_cacheSize) * BytesOfGigabyte),
            () => onBegun(WorkerProcesses.Ready),
            simulation =>
                onBegun(
                    simulation is null
                        ? WorkerProcesses.Ready
                        : Encoding.UTF8.GetString(QueueJson.Write(simulation))
                ),
            WatchCode,
            Console.Tell
        );

    /// <summary>The code of a user is watched from the first study that has some.</summary>
    private void WatchCode(StudyManifest study)
    {
        if (!_isWatching)
        {
            _isWatching = true;
            Console.BeforeOwnCode?.Invoke(new OwnCode(study.Code, study.CodeTimeoutSeconds));
        }
    }
}
