using System.Diagnostics;
using System.Globalization;

namespace LlmSim.Cli.Output;

/// <summary>
/// How fast a simulation is once it runs: the time between its first and its last report of progress, so that neither start-up
/// nor the writing of results counts. Processor time is that of the whole process, what the runtime compiles meanwhile included.
/// </summary>
internal sealed class RunTimer
{
    private Mark? _first;
    private Mark _last;

    public void Report(RunProgress progress)
    {
        _last = new Mark(
            progress.CompletedRequests,
            Stopwatch.GetTimestamp(),
            Environment.CpuUsage.TotalTime
        );
        _first ??= _last;
    }

    /// <summary>One line: requests, wall seconds, processor seconds.</summary>
    public void Write(TextWriter writer)
    {
        var first = _first ?? _last;
        var wall = Stopwatch.GetElapsedTime(first.Timestamp, _last.Timestamp).TotalSeconds;
        var processor = (_last.Processor - first.Processor).TotalSeconds;
        writer.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"timing: {_last.Requests - first.Requests} requests in {wall:F3} s, {processor:F3} s of processor time"
            )
        );
    }

    private readonly record struct Mark(long Requests, long Timestamp, TimeSpan Processor);
}
