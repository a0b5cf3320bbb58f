using System.Globalization;
using System.Text;

namespace LlmSim.Workloads;

/// <summary>Writes workloads as traces.</summary>
public static class TraceWriter
{
    private const decimal NanosecondsPerMillisecond = 1_000_000;

    /// <summary>
    /// Writes requests in <see cref="TraceFormat.Mooncake" />. Timestamps get as many decimals of a millisecond as they need
    /// to read back as the same nanosecond: none where they are whole, as in the published traces.
    /// </summary>
    /// <param name="stream">Gets UTF-8; it is left open.</param>
    /// <param name="requests">In order of arrival; those without <see cref="RequestSpec.HashIds" /> are written without.</param>
    /// <returns>The number of requests written.</returns>
    public static long WriteMooncake(Stream stream, IEnumerable<RequestSpec> requests)
    {
        using var writer = new StreamWriter(
            stream,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            bufferSize: 64 << 10,
            leaveOpen: true
        );
        var line = new StringBuilder();
        var count = 0L;
        foreach (var request in requests)
        {
            AppendMooncake(line.Clear(), request);
            writer.Write(line);
            count++;
        }

        return count;
    }

    private static void AppendMooncake(StringBuilder line, in RequestSpec request)
    {
        var milliseconds = request.Arrival.Nanoseconds / NanosecondsPerMillisecond;
        line.Append(
            CultureInfo.InvariantCulture,
            $$"""
            {"timestamp": {{milliseconds:0.######}}, "input_length": {{request.InputTokens}}, "output_length": {{request.OutputTokens}}
            """
        );
        if (request.HashIds is { } hashIds)
        {
            line.Append(", \"hash_ids\": [").AppendJoin(", ", hashIds).Append(']');
        }

        line.Append("}\n");
    }
}
