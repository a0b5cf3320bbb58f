using System.IO.Pipes;
using System.Text;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;

namespace LlmSim.Cli;

/// <summary>The other end of a <see cref="Supervisor" />: this process runs a user's code, and another waits for its end.</summary>
internal sealed class SupervisedProcess : IDisposable
{
    /// <summary>The variable with the two ends of pipes: one closes when the process has to stop, one takes what it reports.</summary>
    public const string Handles = "LLMSIM_SUPERVISOR";

    private readonly Lock _lock = new();
    private readonly Stream _orders;
    private readonly Stream _reports;

    private SupervisedProcess(string orders, string reports)
    {
        _orders = new AnonymousPipeClientStream(PipeDirection.In, orders);
        _reports = new AnonymousPipeClientStream(PipeDirection.Out, reports);
        OutputFile.OnUnfinished = path => Report(SupervisedReports.OfUnfinished(path));
    }

    /// <summary>This process as one that is watched; null when it is not.</summary>
    public static SupervisedProcess? FromEnvironment()
    {
        var handles = Environment.GetEnvironmentVariable(Handles)?.Split(' ');
        Environment.SetEnvironmentVariable(Handles, null);
        return handles is [var orders, var reports] ? new(orders, reports) : null;
    }

    /// <summary>Calls back when the process has to stop.</summary>
    public void OnStop(Action stop) =>
        new Thread(() =>
        {
            // Nothing is ever written: the read ends when the pipe is closed.
            _ = _orders.ReadByte();
            stop();
        })
        {
            IsBackground = true,
        }.Start();

    /// <summary>Watches a user's code, which is run next.</summary>
    /// <param name="code">The code.</param>
    /// <param name="endProcess">Ends the process with an exit code after a message.</param>
    public static void Watch(OwnCode code, Action<string> endProcess)
    {
        Watchdog.Start(code.TimeoutSeconds, endProcess);
        AppDomain.CurrentDomain.UnhandledException += (_, e) =>
        {
            if (e.ExceptionObject is Exception exception && OwnThread.Describe(exception) is { } failure)
            {
                endProcess(failure);
            }
        };
    }

    public void Dispose()
    {
        OutputFile.OnUnfinished = null;
        _reports.Dispose();
        _orders.Dispose();
    }

    /// <summary>Tells how the command ended. Nothing that happens later counts.</summary>
    public void End(int exitCode) => Report(SupervisedReports.OfEnd(exitCode));

    /// <summary>Tells what it has begun, in one line; empty when that is done.</summary>
    public void Begin(string work) => Report(SupervisedReports.OfBegun(work));

    private void Report(string line)
    {
        lock (_lock)
        {
            try
            {
                _reports.Write(Encoding.UTF8.GetBytes(line + "\n"));
                _reports.Flush();
            }
            catch (IOException)
            {
                // The other process was killed, and this one is about to be told to stop.
            }
        }
    }
}
