namespace LlmSim.Workloads.Traces;

/// <summary>Reads recorded workloads whole.</summary>
public static class TraceReader
{
    /// <summary>The requests of a <see cref="Trace" />, opened when they are enumerated.</summary>
    /// <param name="stream">Uncompressed UTF-8. It is read once, and left open.</param>
    /// <param name="sourceName">The name of the file, for errors.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="readHashIds">Whether to fill <see cref="RequestSpec.HashIds" /> where the trace has them.</param>
    /// <exception cref="UserErrorException">While enumerating: the file is not a trace, or a row of it is wrong.</exception>
    public static IEnumerable<RequestSpec> Read(
        Stream stream,
        string sourceName,
        TraceOptions? options = null,
        bool readHashIds = false
    )
    {
        using var trace = Trace.Open(stream, sourceName, options, readHashIds);
        foreach (var request in trace.Requests())
        {
            yield return request;
        }
    }
}
