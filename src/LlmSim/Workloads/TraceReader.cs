using LlmSim.Engine;

namespace LlmSim.Workloads;

/// <summary>Reads recorded workloads, lazily and in constant memory.</summary>
public static class TraceReader
{
    /// <summary>
    /// The requests of a trace, in its order. Arrivals are the trace's own: as they stand in Mooncake's format, relative to
    /// the first request in Azure's. They must not go backwards, because a trace is never held in memory to be sorted.
    /// A byte order mark, CRLF line ends, blank lines and a missing last line end are accepted.
    /// </summary>
    /// <param name="stream">Uncompressed UTF-8. It is read while the result is enumerated, once, and left open.</param>
    /// <param name="sourceName">The name of the file, for errors.</param>
    /// <param name="format">The format that the file must have; null takes either, decided by its first line.</param>
    /// <param name="readHashIds">Whether to fill <see cref="RequestSpec.HashIds" /> where the trace has them.</param>
    /// <exception cref="UserErrorException">
    /// While enumerating: a line is wrong, with its number, the field, what was found and what is allowed; or the file has no
    /// request, or is not a trace.
    /// </exception>
    public static IEnumerable<RequestSpec> Read(
        Stream stream,
        string sourceName,
        TraceFormat? format = null,
        bool readHashIds = false
    )
    {
        using var lines = new LineReader(stream, sourceName);
        var hasLine = lines.MoveNext();
        if (!hasLine)
        {
            throw lines.FileError("the trace is empty; allowed: at least one request");
        }

        ITraceParser parser;
        if (DetectFormat(lines, format) == TraceFormat.Mooncake)
        {
            parser = new MooncakeParser(readHashIds);
        }
        else
        {
            parser = new AzureParser(lines);
            hasLine = lines.MoveNext();
        }

        var previous = SimTime.Zero;
        for (var id = 0L; hasLine || id == 0; id++, hasLine = lines.MoveNext())
        {
            if (!hasLine)
            {
                throw lines.FileError("the trace has a header and no request; allowed: at least one request");
            }

            var request = parser.Parse(lines) with { Id = id };
            if (request.Arrival < previous)
            {
                var seconds = (previous - request.Arrival).Seconds;
                throw lines.Error(
                    "timestamp",
                    FormattableString.Invariant($"{seconds} s before the request above it; allowed: ")
                        + "timestamps that never go backwards (sort the trace)"
                );
            }

            previous = request.Arrival;
            yield return request;
        }
    }

    private static TraceFormat DetectFormat(LineReader lines, TraceFormat? expected)
    {
        var found =
            lines.Line[0] == (byte)'{' ? TraceFormat.Mooncake
            : AzureParser.IsHeader(lines.Line) ? TraceFormat.Azure
            : throw lines.Error(
                "",
                lines.Line,
                $"a JSON object (Mooncake's format), or the header {AzureParser.Header} (Azure's)"
            );
        return expected is null || expected == found
            ? found
            : throw lines.FileError($"the trace is in {found}'s format; allowed here: {expected}'s");
    }
}
