using System.Runtime.InteropServices;
using LlmSim.Cli;
using LlmSim.Experiments.Results;

using var cancellation = new CancellationTokenSource();
var console = new CliConsole(
    Console.Out,
    Console.Error,
    OutIsTerminal: !Console.IsOutputRedirected,
    ErrorIsTerminal: !Console.IsErrorRedirected,
    cancellation.Token
);
PosixSignal[] ending = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
var registrations = Array.ConvertAll(ending, signal => PosixSignalRegistration.Create(signal, Stop));

// A file that grows beyond the limit of the user (ulimit -f) fails to be written, rather than ending the process.
using var fileLimit = OperatingSystem.IsWindows()
    ? null
    : PosixSignalRegistration.Create((PosixSignal)25, context => context.Cancel = true);
var exitCode = CliApplication.Run(args, console);
Array.ForEach(registrations, registration => registration.Dispose());
return exitCode;

// The first signal lets the run clean up after itself for a while, the second ends the process at once.
void Stop(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    if (!context.Cancel)
    {
        OutputFile.DeleteUnfinished();
        return;
    }

    new Thread(EndLater) { IsBackground = true }.Start();
    cancellation.Cancel();
}

// Not everything can be told to stop: a policy that never returns, a sort, a compiler. Files are whole or not there, and a
// journal loses nothing that was committed, so that the process may be ended at any moment.
void EndLater()
{
    Thread.Sleep(TimeSpan.FromSeconds(0.5));
    OutputFile.DeleteUnfinished();
    // Whoever should read the message may have stopped reading.
    var message = new Thread(() =>
        console.Tell(
            "interrupted; every result file is whole, or was not written. --resume runs what the journal of a sweep lacks."
        )
    )
    {
        IsBackground = true,
    };
    message.Start();
    message.Join(TimeSpan.FromSeconds(0.4));
    Environment.Exit(ExitCode.Interrupted);
}
