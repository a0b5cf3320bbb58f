using System.Diagnostics;
using System.Globalization;

namespace LlmSim.Cli.Output;

/// <summary>One line on the terminal that says how far a run has come, once it has taken two seconds.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const string EraseLine = "\r\e[K";
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly TextWriter? _writer;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next = s_delay;
    private bool _isShown;

    public ProgressLine(CliConsole console, bool isQuiet) =>
        _writer = console.ErrorIsTerminal && !isQuiet ? console.Error : null;

    public void Report(RunProgress progress)
    {
        if (_writer is null || _clock.Elapsed < _next)
        {
            return;
        }

        _next = _clock.Elapsed + s_interval;
        _isShown = true;
        _writer.Write(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{EraseLine}{progress.CompletedRequests:N0} requests completed, {progress.SimulatedSeconds:N0} s simulated"
            )
        );
    }

    public void Dispose()
    {
        if (_isShown)
        {
            _writer!.Write(EraseLine);
        }
    }
}
