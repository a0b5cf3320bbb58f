using LlmSim.Experiments.Results;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Cli.Output;

/// <summary>Traces in the format that the name of their file asks for, compressed if it says so.</summary>
internal static class TraceOutput
{
    /// <summary>The ending of a name that tells the format, before that of the compression.</summary>
    public static string Extension(string path) =>
        Path.GetExtension(OutputCompression.Of(path) is null ? path : Path.GetFileNameWithoutExtension(path));

    /// <summary>Writes Azure's table to <c>.csv</c>, Mooncake's JSON Lines to any other name.</summary>
    /// <returns>The number of requests written.</returns>
    public static long Write(
        OutputFile file,
        string path,
        IEnumerable<RequestSpec> requests,
        bool withTimes = true
    )
    {
        using var compressed = OutputCompression.Of(path)?.Invoke(file.Stream);
        var stream = compressed ?? file.Stream;
        return Extension(path) == ".csv"
            ? TraceWriter.WriteAzure(stream, requests, withTimes)
            : TraceWriter.WriteMooncake(stream, requests, withTimes);
    }
}
