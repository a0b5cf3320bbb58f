using System.Runtime.InteropServices;
using LlmSim.Cli;
using LlmSim.Experiments.Results;

using var cancellation = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return CliApplication.Run(
    args,
    new CliConsole(
        Console.Out,
        Console.Error,
        OutIsTerminal: !Console.IsOutputRedirected,
        ErrorIsTerminal: !Console.IsErrorRedirected,
        cancellation.Token
    )
);

// The first signal lets the run clean up after itself for a while, the second ends the process at once.
void Stop(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    if (context.Cancel)
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
    OutputFile.DeleteUnfinished();
    Console.Error.WriteLine(
        "llmsim: interrupted; no result file was written. --resume runs what the journal of a sweep lacks."
    );
    Environment.Exit(ExitCode.Interrupted);
}
