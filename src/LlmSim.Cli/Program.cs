using System.Runtime.InteropServices;
using LlmSim.Cli;
using LlmSim.Experiments.Results;

using var supervised = SupervisedProcess.FromEnvironment();
using var cancellation = new CancellationTokenSource();
var console = new CliConsole(
    Console.Out,
    Console.Error,
    OutIsTerminal: !Console.IsOutputRedirected,
    ErrorIsTerminal: !Console.IsErrorRedirected,
    cancellation.Token
)
{
    BeforeOwnCode = BeforeOwnCode,
    OnBegun = supervised is null ? null : supervised.Begin,
};
PosixSignal[] ending = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
var registrations = Array.ConvertAll(ending, signal => PosixSignalRegistration.Create(signal, OnSignal));

// A file that grows beyond the limit of the user (ulimit -f) fails to be written, rather than ending the process.
using var fileLimit = OperatingSystem.IsWindows()
    ? null
    : PosixSignalRegistration.Create((PosixSignal)25, context => context.Cancel = true);
supervised?.OnStop(Stop);
var exitCode = CliApplication.Run(args, console);
supervised?.End(exitCode);
Array.ForEach(registrations, registration => registration.Dispose());
return exitCode;

// A user's code runs in a process that another one watches.
void BeforeOwnCode(OwnCode code)
{
    if (supervised is null)
    {
        throw new OwnCodeException(code);
    }

    SupervisedProcess.Watch(
        code,
        message => EndAtOnce(ExitCode.UserError, $"{message} Unfinished result files were deleted.")
    );
}

// The first signal lets the run clean up after itself for a while, the second ends the process at once.
void OnSignal(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    if (context.Cancel)
    {
        Stop();
    }
    else
    {
        OutputFile.DeleteUnfinished();
    }
}

void Stop()
{
    if (!cancellation.IsCancellationRequested)
    {
        new Thread(EndLater) { IsBackground = true }.Start();
        cancellation.Cancel();
    }
}

// Not everything can be told to stop: a policy that never returns, a sort, a compiler. Files are whole or not there, and a
// journal loses nothing that was committed, so that the process may be ended at any moment.
void EndLater()
{
    Thread.Sleep(TimeSpan.FromSeconds(0.5));
    if (!Supervisor.IsWaiting)
    {
        EndAtOnce(
            ExitCode.Interrupted,
            "interrupted; every result file is whole, or was not written. --resume runs what the journal of a sweep lacks."
        );
    }
}

void EndAtOnce(int exitCode, string message)
{
    OutputFile.DeleteUnfinished();
    // Whoever should read the message may have stopped reading.
    var teller = new Thread(() => new CliConsole(Console.Out, Console.Error).Tell(message))
    {
        IsBackground = true,
    };
    teller.Start();
    teller.Join(TimeSpan.FromSeconds(0.4));
    supervised?.End(exitCode);
    Environment.Exit(exitCode);
}
