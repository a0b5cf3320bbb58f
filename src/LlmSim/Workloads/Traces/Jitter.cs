using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>Spreads requests whose times are equal because the trace's clock ticks coarsely.</summary>
internal static class Jitter
{
    /// <summary>
    /// Requests of one time are spread evenly at random over the tick that follows it, in their order. The tick is the smallest
    /// gap between different times.
    /// </summary>
    /// <param name="rows">In order of time.</param>
    /// <param name="seed">Seed of the run; the stream is <c>jitter</c>.</param>
    public static void Spread(Span<TraceRow> rows, long seed)
    {
        var tick = Tick(rows);
        var random = new RandomStream(seed, "jitter");
        for (var first = 0; first < rows.Length; )
        {
            var time = rows[first].Arrival!.Value;
            var end = first + 1;
            while (end < rows.Length && rows[end].Arrival == time)
            {
                end++;
            }

            if (end - first > 1)
            {
                SpreadOne(rows[first..end], time, tick, random);
            }

            first = end;
        }
    }

    private static void SpreadOne(Span<TraceRow> rows, SimTime time, long tick, RandomStream random)
    {
        var offsets = new long[rows.Length];
        foreach (ref var offset in offsets.AsSpan())
        {
            offset = (long)(random.NextDouble() * tick);
        }

        Array.Sort(offsets);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = rows[i] with { Arrival = time + new SimTime(offsets[i]) };
        }
    }

    private static long Tick(ReadOnlySpan<TraceRow> rows)
    {
        var tick = long.MaxValue;
        for (var i = 1; i < rows.Length; i++)
        {
            var gap = (rows[i].Arrival!.Value - rows[i - 1].Arrival!.Value).Nanoseconds;
            tick = gap > 0 ? Math.Min(tick, gap) : tick;
        }

        return tick == long.MaxValue ? 0 : tick;
    }
}
