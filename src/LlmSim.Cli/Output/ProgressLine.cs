using System.Diagnostics;
using System.Globalization;
using LlmSim.Experiments.Sweeps;

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

    public void Report(RunProgress progress) =>
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.CompletedRequests:N0} requests completed, {progress.SimulatedSeconds:N0} s simulated"
            )
        );

    /// <summary>From any thread.</summary>
    public void Report(SweepProgress progress) =>
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.Done:N0} of {progress.Total:N0} points{Remaining(progress)}"
            )
        );

    private string Remaining(SweepProgress progress)
    {
        var doneNow = progress.Done - progress.DoneBefore;
        if (doneNow == 0)
        {
            return "";
        }

        var seconds = _clock.Elapsed.TotalSeconds / doneNow * (progress.Total - progress.Done);
        return $", about {TimeSpan.FromSeconds(Math.Ceiling(seconds)):c} left";
    }

    private void Show(string text)
    {
        if (_writer is null || _clock.Elapsed < _next)
        {
            return;
        }

        lock (_clock)
        {
            _next = _clock.Elapsed + s_interval;
            _isShown = true;
            _writer.Write(EraseLine + text);
        }
    }

    public void Dispose()
    {
        if (_isShown)
        {
            _writer!.Write(EraseLine);
        }
    }
}
