using System.Runtime.InteropServices;
using LlmSim.Cli;

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

// The first signal lets the run clean up after itself, the second ends the process at once.
void Stop(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    if (context.Cancel)
    {
        _ = HintAsync();
    }

    cancellation.Cancel();
}

// A policy of the user that never returns cannot be told to stop.
async Task HintAsync()
{
    await Task.Delay(TimeSpan.FromSeconds(1));
    Console.Error.WriteLine("\nllmsim: not stopped yet; a second Ctrl-C ends it at once");
}
