using System.Globalization;
using System.Text;

namespace LlmSim.Workloads.Traces;

/// <summary>Writes workloads as traces.</summary>
internal static class TraceWriter
{
    private const decimal NanosecondsPerMillisecond = 1_000_000;
    private const long NanosecondsPerTick = 100;

    /// <summary>
    /// Writes requests in Mooncake's format. Timestamps get as many decimals of a millisecond as they need to read back as the
    /// same nanosecond: none where they are whole, as in the published traces.
    /// </summary>
    /// <param name="stream">Gets UTF-8; it is left open.</param>
    /// <param name="requests">In order of arrival; those without <see cref="RequestSpec.HashIds" /> are written without.</param>
    /// <param name="withTimes">Whether to write timestamps.</param>
    /// <returns>The number of requests written.</returns>
    public static long WriteMooncake(
        Stream stream,
        IEnumerable<RequestSpec> requests,
        bool withTimes = true
    ) => Write(stream, requests, "", (line, request) => AppendMooncake(line, request, withTimes));

    /// <summary>
    /// Writes requests as a table of Azure's columns, the first at the beginning of 1970, to the nanosecond. Hash ids have no
    /// place in it.
    /// </summary>
    /// <param name="stream">Gets UTF-8; it is left open.</param>
    /// <param name="requests">In order of arrival, over less than 200 years.</param>
    /// <param name="withTimes">Whether to write the column of times.</param>
    /// <returns>The number of requests written.</returns>
    public static long WriteAzure(Stream stream, IEnumerable<RequestSpec> requests, bool withTimes = true) =>
        Write(
            stream,
            requests,
            withTimes ? "TIMESTAMP,ContextTokens,GeneratedTokens\n" : "ContextTokens,GeneratedTokens\n",
            (line, request) => AppendAzure(line, request, withTimes)
        );

    /// <summary>Writes requests and conversations with their classes in this project's own format, from which they read back as they are.</summary>
    /// <param name="stream">Gets UTF-8; it is left open.</param>
    /// <param name="requests">In order of arrival.</param>
    /// <param name="withTimes">Whether to write timestamps.</param>
    /// <returns>The number of items written.</returns>
    public static long WriteLlmSim(Stream stream, IEnumerable<RequestSpec> requests, bool withTimes = true) =>
        Write(stream, requests, "", (line, request) => LlmSimWriter.Append(line, request, withTimes));

    /// <summary>Whether an item has something that only this project's own format keeps.</summary>
    public static bool NeedsLlmSim(in RequestSpec request) =>
        request.Conversation is not null || request.Origin is not null || request.Traits is not null;

    private static long Write(
        Stream stream,
        IEnumerable<RequestSpec> requests,
        string header,
        Action<StringBuilder, RequestSpec> append
    )
    {
        using var writer = new StreamWriter(
            stream,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            bufferSize: 64 << 10,
            leaveOpen: true
        );
        writer.Write(header);
        var line = new StringBuilder();
        var count = 0L;
        foreach (var request in requests)
        {
            append(line.Clear(), request);
            writer.Write(line);
            count++;
        }

        return count;
    }

    private static void AppendMooncake(StringBuilder line, in RequestSpec request, bool withTimes)
    {
        line.Append('{');
        if (withTimes)
        {
            var milliseconds = request.Arrival.Nanoseconds / NanosecondsPerMillisecond;
            line.Append(CultureInfo.InvariantCulture, $"\"timestamp\": {milliseconds:0.######}, ");
        }

        line.Append(
            CultureInfo.InvariantCulture,
            $"\"input_length\": {request.InputTokens}, \"output_length\": {request.OutputTokens}"
        );
        if (request.HashIds is { } hashIds)
        {
            line.Append(", \"hash_ids\": [").AppendJoin(", ", hashIds).Append(']');
        }

        line.Append("}\n");
    }

    private static void AppendAzure(StringBuilder line, in RequestSpec request, bool withTimes)
    {
        if (withTimes)
        {
            var (ticks, rest) = Math.DivRem(request.Arrival.Nanoseconds, NanosecondsPerTick);
            line.Append(
                CultureInfo.InvariantCulture,
                $"{DateTime.UnixEpoch.AddTicks(ticks):yyyy-MM-dd HH:mm:ss.fffffff}{rest:00},"
            );
        }

        line.Append(CultureInfo.InvariantCulture, $"{request.InputTokens},{request.OutputTokens}\n");
    }
}
