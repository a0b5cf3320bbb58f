using System.Diagnostics;
using System.Globalization;
using LlmSim.Experiments.Steady;
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
    private readonly Lock _lock = new();
    private readonly Timer? _timer;
    private string _text = "";
    private string _shown = "";
    private bool _isDisposed;

    public ProgressLine(CliConsole console, bool isQuiet)
    {
        if (console.ErrorIsTerminal && !isQuiet)
        {
            _writer = console.StyledError;
            _timer = new Timer(_ => Draw(), null, s_delay, s_interval);
        }
    }

    public void Report(RunProgress progress) =>
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.CompletedRequests:N0} requests completed, {progress.SimulatedSeconds:N0} s simulated"
            )
        );

    public void Report(PreciseProgress progress) =>
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.Run.CompletedRequests:N0} of {progress.Requests:N0} requests{Width(progress.Interval)}"
            )
        );

    private static string Width(FigureInterval? interval) =>
        interval is null ? ""
        : double.IsNaN(interval.RelativeHalfWidth) ? $"; {interval.Figure} not sure yet"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"; {interval.Figure} within {interval.RelativeHalfWidth:P1} before"
        );

    /// <summary>From any thread.</summary>
    public void Report(SweepProgress progress) =>
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.Done:N0} of {progress.Total:N0} points{Rate(progress)}{Remaining(progress)}"
            )
        );

    /// <summary>From any thread: how many there will be is not known before they are done.</summary>
    public void ReportRuns(SweepProgress progress) =>
        Show(string.Create(CultureInfo.InvariantCulture, $"{progress.Done:N0} simulations{Rate(progress)}"));

    /// <summary>From any thread.</summary>
    public void ReportCases(SweepProgress progress) =>
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.Done:N0} of {progress.Total:N0} configurations{Remaining(progress)}"
            )
        );

    private string Rate(SweepProgress progress) =>
        progress.Workers is { } workers
            ? string.Create(
                CultureInfo.InvariantCulture,
                $", {(progress.Done - progress.DoneBefore) / _clock.Elapsed.TotalSeconds:0.0} points/s, {workers} {(workers == 1 ? "worker" : "workers")}"
            )
            : "";

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

    private void Show(string text) => Volatile.Write(ref _text, text);

    /// <summary>By a timer, because a long point of a sweep reports nothing until it is done.</summary>
    private void Draw()
    {
        lock (_lock)
        {
            if (!_isDisposed && _shown != _text)
            {
                _shown = _text;
                _writer!.Write(EraseLine + _shown);
            }
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            _isDisposed = true;
            if (_shown.Length > 0)
            {
                _writer!.Write(EraseLine);
            }
        }
    }
}
