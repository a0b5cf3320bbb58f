using LlmSim.Workloads.Traces;

namespace LlmSim.Cli.Output;

/// <summary>What is said of traces on the standard error.</summary>
internal static class TraceNotices
{
    /// <summary>Each notice once, though many runs share a trace.</summary>
    public static void Write(IEnumerable<TraceFacts?> traces, CliConsole console) =>
        console.Note(traces.OfType<TraceFacts>().SelectMany(trace => trace.Notices()));
}
