using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Tests;

/// <summary>Traces that several tests read.</summary>
internal static class Traces
{
    public static IEnumerable<RequestSpec> Mooncake(string path)
    {
        using var stream = File.OpenRead(path);
        foreach (var request in TraceReader.Read(stream, path))
        {
            yield return request;
        }
    }
}
