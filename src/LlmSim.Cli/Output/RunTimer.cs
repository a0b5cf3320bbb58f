using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace LlmSim.Cli.Output;

/// <summary>
/// How fast a simulation is once it runs: the time between its first and its last report of progress, so that neither start-up
/// nor the writing of results counts, and the time of its last third or more, when the runtime has compiled what it will. Processor
/// time is that of the whole process, what the runtime compiles meanwhile included.
/// </summary>
internal sealed class RunTimer
{
    private Mark? _first;

    /// <summary>The last two reports at a power of two.</summary>
    private (Mark Earlier, Mark Later) _late;

    private Mark _last;

    public void Report(RunProgress progress)
    {
        _last = new Mark(
            progress.CompletedRequests,
            Stopwatch.GetTimestamp(),
            Environment.CpuUsage.TotalTime
        );
        _first ??= _last;
        if (BitOperations.IsPow2(progress.CompletedRequests))
        {
            _late = (_late.Later, _last);
        }
    }

    /// <summary>One line: requests, wall seconds and processor seconds, of all and of the late ones.</summary>
    public void Write(TextWriter writer)
    {
        if (_first is not { } first || first.Requests == _last.Requests)
        {
            writer.WriteLine("timing: the run is too short to be timed; from 2,048 requests on it is");
            return;
        }

        var late = _late.Later.Requests * 3 <= _last.Requests * 2 ? _late.Later : _late.Earlier;
        writer.WriteLine($"timing: {Since(first)}; late: {Since(late.Requests > 0 ? late : _last)}");
    }

    private string Since(in Mark mark) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{_last.Requests - mark.Requests} requests in {Stopwatch.GetElapsedTime(mark.Timestamp, _last.Timestamp).TotalSeconds:F3} s, {(_last.Processor - mark.Processor).TotalSeconds:F3} s of processor time"
        );

    private readonly record struct Mark(long Requests, long Timestamp, TimeSpan Processor);
}
