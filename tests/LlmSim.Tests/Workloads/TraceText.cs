using System.Text;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Tests.Workloads;

/// <summary>Traces in the tests' own text.</summary>
internal static class TraceText
{
    public static RequestSpec[] Read(string text, TraceOptions? options = null, bool readHashIds = false) =>
        Read(Encoding.UTF8.GetBytes(text), options, readHashIds);

    public static RequestSpec[] Read(byte[] bytes, TraceOptions? options = null, bool readHashIds = false)
    {
        using var stream = new MemoryStream(bytes);
        return [.. TraceReader.Read(stream, "t.jsonl", options, readHashIds)];
    }

    /// <summary>The facts of a trace that is read whole.</summary>
    public static TraceFacts Facts(string text, TraceOptions? options = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using var trace = Trace.Open(stream, "t.jsonl", options);
        _ = trace.Requests().Count();
        return trace.Facts;
    }

    public static string Line(string timestamp = "0", string input = "10", string output = "2") =>
        $$"""{"timestamp": {{timestamp}}, "input_length": {{input}}, "output_length": {{output}}, "hash_ids": [0, 1]}""";
}
