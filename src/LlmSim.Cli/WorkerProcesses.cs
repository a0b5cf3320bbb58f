using System.IO.Pipes;

namespace LlmSim.Cli;

/// <summary>
/// The processes of a worker, one for each simulation at a time: what ends one of them is known to be the simulation that it had
/// begun, and takes no other with it.
/// </summary>
/// <param name="args">The command line of all of them.</param>
/// <param name="console">Where what this process has to say goes; the others have the same.</param>
internal sealed class WorkerProcesses(string[] args, CliConsole console)
{
    /// <summary>The variable with what the process before this one had begun when it ended, and how it ended.</summary>
    public const string Crashed = "LLMSIM_CRASHED";

    /// <summary>What a process has begun that is ready and has no work.</summary>
    public const string Ready = "ready";

    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(
        console.Cancellation
    );

    /// <summary>Runs so many processes until they are stopped, or one has said why it cannot work.</summary>
    /// <returns>The exit code.</returns>
    public int Run(int count)
    {
        Supervisor.IsWaiting = true;
        var ready = new TaskCompletionSource();
        var first = Task.Run(() => KeepAsync(ready), CancellationToken.None);
        // What is wrong with the server is told once.
        Task.WhenAny(first, ready.Task).Wait(CancellationToken.None);
        var all = Enumerable
            .Range(1, count - 1)
            .Select(_ => Task.Run(() => KeepAsync(null), CancellationToken.None))
            .Prepend(first);
        return Task.WhenAll(first.IsCompleted ? [first] : all).GetAwaiter().GetResult().Max();
    }

    /// <summary>Starts a process again for as long as simulations end it.</summary>
    private async Task<int> KeepAsync(TaskCompletionSource? ready)
    {
        for (var crashed = ""; ; )
        {
            var (exitCode, begun, end) = await RunOneAsync(crashed, ready).ConfigureAwait(false);
            if (_stop.IsCancellationRequested)
            {
                return ExitCode.Interrupted;
            }

            if (begun.Length == 0 && exitCode is { } code)
            {
                await _stop.CancelAsync().ConfigureAwait(false);
                return code;
            }

            if (begun.Length == 0)
            {
                console.Tell($"a process of this worker ended with {end} before it had begun a simulation");
                await _stop.CancelAsync().ConfigureAwait(false);
                return ExitCode.UserError;
            }

            console.Tell($"warning: a simulation has ended its process with {end}; going on without it");
            crashed = $"{end}\n{begun}";
        }
    }

    private async Task<(int? ExitCode, string Begun, string End)> RunOneAsync(
        string crashed,
        TaskCompletionSource? ready
    )
    {
        using var orders = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        using var reports = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var begun = "";
        using var process = Supervisor.Start(
            args,
            (
                SupervisedProcess.Handles,
                $"{orders.GetClientHandleAsString()} {reports.GetClientHandleAsString()}"
            ),
            (Crashed, crashed)
        );
        orders.DisposeLocalCopyOfClientHandle();
        reports.DisposeLocalCopyOfClientHandle();
        // A closed pipe is the order to stop; it closes by itself when this process is killed.
        await using var stop = _stop.Token.Register(orders.Dispose);
        var reader = new SupervisedReports(reports, Begin);
        await Supervisor.Wait(process, reader, _stop.Token).ConfigureAwait(false);
        reader.DeleteUnfinished();
        return (reader.ExitCode, begun, Supervisor.Describe(process.ExitCode));

        void Begin(string work)
        {
            ready?.TrySetResult();
            begun = work == Ready ? "" : work;
        }
    }
}
