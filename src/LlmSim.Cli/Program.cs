using System.Runtime.InteropServices;
using LlmSim.Cli;
using LlmSim.Experiments.Results;

var supervised = SupervisedProcess.FromEnvironment();
using var cancellation = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
supervised?.OnStop(Stop);
var exitCode = CliApplication.Run(
    args,
    new CliConsole(
        Console.Out,
        Console.Error,
        OutIsTerminal: !Console.IsOutputRedirected,
        ErrorIsTerminal: !Console.IsErrorRedirected,
        cancellation.Token,
        BeforeOwnCode
    )
);
supervised?.End(exitCode);
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
    Stop();
}

void Stop()
{
    if (!cancellation.IsCancellationRequested)
    {
        new Thread(EndLater) { IsBackground = true }.Start();
    }

    cancellation.Cancel();
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
            "interrupted; no result file was written. --resume runs what the journal of a sweep lacks."
        );
    }
}

void EndAtOnce(int exitCode, string message)
{
    OutputFile.DeleteUnfinished();
    Console.Error.WriteLine($"llmsim: {message}");
    supervised?.End(exitCode);
    Environment.Exit(exitCode);
}
