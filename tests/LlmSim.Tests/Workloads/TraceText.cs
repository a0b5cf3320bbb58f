using System.Text;
using LlmSim.Workloads;

namespace LlmSim.Tests.Workloads;

/// <summary>Traces in the tests' own text.</summary>
internal static class TraceText
{
    public static RequestSpec[] Read(string text, TraceFormat? format = null, bool readHashIds = false) =>
        Read(Encoding.UTF8.GetBytes(text), format, readHashIds);

    public static RequestSpec[] Read(byte[] bytes, TraceFormat? format = null, bool readHashIds = false)
    {
        using var stream = new MemoryStream(bytes);
        return [.. TraceReader.Read(stream, "t.jsonl", format, readHashIds)];
    }

    public static string Line(string timestamp = "0", string input = "10", string output = "2") =>
        $$"""{"timestamp": {{timestamp}}, "input_length": {{input}}, "output_length": {{output}}, "hash_ids": [0, 1]}""";
}
