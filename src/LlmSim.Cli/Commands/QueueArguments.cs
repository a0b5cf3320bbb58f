using System.CommandLine;
using LlmSim.Distributed;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>A queue whose workers run simulations.</summary>
internal sealed class QueueArguments
{
    /// <summary>How the address of a server is written.</summary>
    public const string Form = "nats://HOST:4222 or tls://HOST:4222";

    private const double ShortestTimeoutSeconds = 3;

    private readonly Option<string> _queue = CliOption.Text(
        "queue",
        $"let the workers of a NATS server run the points (llmsim worker, docs/clusters.md): {Form}",
        valueName: "ADDRESS"
    );

    private readonly Option<double> _timeout = CliOption.Number(
        "worker_timeout",
        "seconds for which a worker may be silent before its point is given to another one",
        30,
        new FigureRange(ShortestTimeoutSeconds, 86_400)
    );

    public OptionGroup Group => new("Queue", [_queue, _timeout]);

    /// <summary>What is read only with a queue.</summary>
    public ConditionalOptions Reader(ParseResult parse) => new("--queue", IsAsked(parse), _timeout);

    public bool IsAsked(ParseResult parse) => parse.GetValue(_queue) is not null;

    /// <summary>Those workers, once their server is reached; null where none are asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="jobs">How many simulations this process runs, which it does not.</param>
    /// <param name="journal">The journal of the sweep; null for none.</param>
    /// <param name="command">The command that runs a point alone.</param>
    /// <param name="console">Is told.</param>
    /// <exception cref="UserErrorException">The server cannot be used, or something does not go with it.</exception>
    public ISimulationRunner? Open(
        ParseResult parse,
        Option<long?> jobs,
        string? journal,
        Func<PreparedPoint, string> command,
        CliConsole console
    )
    {
        if (parse.GetValue(_queue) is not { } address)
        {
            return null;
        }

        if (parse.GetResult(jobs) is { Implicit: false })
        {
            throw new UserErrorException(
                "--n_jobs: with --queue the workers say it (llmsim worker --n_jobs); leave it out."
            );
        }

        var limit = parse
            .CommandResult.Command.Options.OfType<Option<double>>()
            .First(option => option.Name == $"--{Watchdog.Option}");
        var runner = new QueueRunner(
            new QueueOptions(
                QueueAddress.Parse(address),
                TimeSpan.FromSeconds(parse.GetValue(_timeout)),
                journal,
                parse.GetValue(limit),
                command,
                console.Tell
            )
        );
        runner.Connect(console.Cancellation);
        return runner;
    }
}
