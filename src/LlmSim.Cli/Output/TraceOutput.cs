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

    /// <summary>
    /// Writes Azure's table to <c>.csv</c>; to any other name Mooncake's JSON Lines, or this project's own where there are conversations or classes.
    /// </summary>
    /// <returns>The number of items written.</returns>
    /// <exception cref="UserErrorException">The format has no place for something of a request.</exception>
    public static long Write(
        OutputFile file,
        string path,
        IEnumerable<RequestSpec> requests,
        bool withTimes = true
    )
    {
        using var compressed = OutputCompression.Of(path)?.Invoke(file.Stream);
        var stream = compressed ?? file.Stream;
        if (Extension(path) == ".csv")
        {
            return TraceWriter.WriteAzure(stream, Plain(requests, "a table of Azure's columns"), withTimes);
        }

        using var items = requests.GetEnumerator();
        var hasFirst = items.MoveNext();
        return hasFirst && TraceWriter.NeedsLlmSim(items.Current)
            ? TraceWriter.WriteLlmSim(stream, Rest(items, hasFirst), withTimes)
            : TraceWriter.WriteMooncake(stream, Plain(Rest(items, hasFirst), "Mooncake's format"), withTimes);
    }

    private static IEnumerable<RequestSpec> Rest(IEnumerator<RequestSpec> items, bool hasCurrent)
    {
        for (; hasCurrent; hasCurrent = items.MoveNext())
        {
            yield return items.Current;
        }
    }

    private static IEnumerable<RequestSpec> Plain(IEnumerable<RequestSpec> requests, string format) =>
        requests.Select(request =>
            TraceWriter.NeedsLlmSim(request)
                ? throw new UserErrorException(
                    $"{format} has no place for {(request.Conversation is null ? "classes" : "conversations")}; allowed: a name that ends with .jsonl"
                )
                : request
        );
}
