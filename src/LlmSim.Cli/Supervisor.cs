using System.Diagnostics;
using System.IO.Pipes;

namespace LlmSim.Cli;

/// <summary>
/// Runs a command with a user's code in it in a process of its own: a stack overflow, say, cannot be caught in the process that
/// it happens in. The command has ended only if that process says so; whatever else ends it is an error of the code.
/// </summary>
internal static class Supervisor
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    /// <summary>Whether this process waits for another, which a signal ends first.</summary>
    public static bool IsWaiting { get; internal set; }

    /// <summary>Runs a command line again, in a process that is watched.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="code">The user's code that it runs.</param>
    /// <param name="console">Where what this process has to say goes; the other has the same.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, OwnCode code, CliConsole console)
    {
        using var orders = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        using var reports = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        IsWaiting = true;
        using var process = Start(
            args,
            (
                SupervisedProcess.Handles,
                $"{orders.GetClientHandleAsString()} {reports.GetClientHandleAsString()}"
            )
        );
        orders.DisposeLocalCopyOfClientHandle();
        reports.DisposeLocalCopyOfClientHandle();
        // A closed pipe is the order to stop; it closes by itself when this process is killed.
        using var stop = console.Cancellation.Register(orders.Dispose);
        var reader = new SupervisedReports(reports);
        Wait(process, reader, console.Cancellation).Wait(CancellationToken.None);
        if (reader.ExitCode is { } exitCode)
        {
            return exitCode;
        }

        reader.DeleteUnfinished();
        if (console.Cancellation.IsCancellationRequested)
        {
            console.Error.WriteLine("llmsim: interrupted; no result file was written");
            return ExitCode.Interrupted;
        }

        console.Error.WriteLine(
            $"llmsim: {string.Join(", ", code.Names)}: the process that ran it ended with {Describe(process.ExitCode)} before the "
                + "command had. Unfinished result files were deleted."
        );
        return ExitCode.UserError;
    }

    /// <summary>Starts this program with other arguments.</summary>
    internal static Process Start(string[] args, params (string Name, string Value)[] variables)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var assembly = Path.Combine(
            AppContext.BaseDirectory,
            $"{typeof(Supervisor).Assembly.GetName().Name}.dll"
        );
        var start = new ProcessStartInfo(program, isHost ? [assembly, .. args] : args)
        {
            UseShellExecute = false,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Waits for the process, and no longer than a moment once it should end: threads of a user's code may keep it.</summary>
    internal static async Task Wait(Process process, SupervisedReports reader, CancellationToken cancellation)
    {
        var exit = process.WaitForExitAsync(CancellationToken.None);
        var cancelled = new TaskCompletionSource();
        using var registration = cancellation.Register(cancelled.SetResult);
        await Task.WhenAny(exit, reader.Ended, cancelled.Task).ConfigureAwait(false);
        await Task.WhenAny(exit, Task.Delay(s_grace, CancellationToken.None)).ConfigureAwait(false);
        if (!exit.IsCompleted)
        {
            process.Kill();
        }

        await exit.ConfigureAwait(false);
        // What was said before the end may not be read yet.
        await Task.WhenAny(reader.Ended, Task.Delay(s_grace, CancellationToken.None)).ConfigureAwait(false);
    }

    /// <summary>How a process has ended, in words.</summary>
    internal static string Describe(int exitCode) =>
        exitCode switch
        {
            134 => "SIGABRT (a stack overflow ends a process so)",
            137 => "SIGKILL (the system ends a process so when memory is short)",
            139 => "SIGSEGV",
            _ => FormattableString.Invariant($"exit code {exitCode}"),
        };
}
