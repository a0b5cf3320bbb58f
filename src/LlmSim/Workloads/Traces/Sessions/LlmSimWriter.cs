using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>Writes what <see cref="LlmSimFormat" /> reads.</summary>
internal static class LlmSimWriter
{
    private const decimal NanosecondsPerMillisecond = 1_000_000;

    /// <summary>Appends a line.</summary>
    public static void Append(StringBuilder line, in RequestSpec request, bool withTimes)
    {
        line.Append(CultureInfo.InvariantCulture, $"{{\"{LlmSimFormat.Mark}\": {LlmSimFormat.Version}");
        if (withTimes)
        {
            var milliseconds = request.Arrival.Nanoseconds / NanosecondsPerMillisecond;
            line.Append(CultureInfo.InvariantCulture, $", \"timestamp\": {milliseconds:0.######}");
        }

        if (request.Origin is { } origin)
        {
            Append(line, origin);
        }

        if (request.Adapter is { } adapter)
        {
            line.Append(", \"adapter\": ").Append(Quoted(adapter));
        }

        if (request.Traits?.Schema is { } schema)
        {
            line.Append(", \"schema\": ").Append(Quoted(schema));
        }

        if (request.Traits is { ThinkingTokens: > 0 and var thinking })
        {
            line.Append(CultureInfo.InvariantCulture, $", \"thinking\": {thinking}");
        }

        if (request.Conversation is { } conversation)
        {
            if (conversation.Name is { } name)
            {
                line.Append(", \"conversation\": ").Append(Quoted(name));
            }

            line.Append(", \"turns\": [");
            for (var turn = 0; turn < conversation.Turns.Count; turn++)
            {
                Append(line.Append(turn == 0 ? "" : ", "), conversation.Turns, turn);
            }

            line.Append(']');
        }
        else
        {
            line.Append(
                CultureInfo.InvariantCulture,
                $", \"input_length\": {request.InputTokens}, \"output_length\": {request.OutputTokens}"
            );
            Append(line, request.Media, TraceFields.ImagesKey, MediaKind.Image);
            Append(line, request.Media, TraceFields.VideosKey, MediaKind.Video);
            Append(line, request.Media, TraceFields.AudioKey, MediaKind.Audio);

            if (request.HashIds is { } hashIds)
            {
                line.Append(", \"hash_ids\": [").AppendJoin(", ", hashIds).Append(']');
                line.Append(CultureInfo.InvariantCulture, $", \"hash_block\": {request.HashBlockTokens}");
            }
        }

        line.Append("}\n");
    }

    private static void Append(
        StringBuilder line,
        IReadOnlyList<MediaItem>? media,
        string field,
        MediaKind kind
    )
    {
        var items = media?.Where(item => item.Kind == kind).ToArray() ?? [];
        if (items.Length > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", \"{field}\": \"")
                .AppendJoin(' ', items)
                .Append('"');
        }
    }

    private static void Append(StringBuilder line, RequestOrigin origin)
    {
        line.Append(
            CultureInfo.InvariantCulture,
            $", \"class\": {Quoted(origin.Class)}, \"tenant\": {Quoted(origin.Tenant)}, \"priority\": {origin.Priority}, \"weight\": {origin.Weight:R}"
        );
        if (origin.Model is { } model)
        {
            line.Append(", \"model\": ").Append(Quoted(model));
        }

        AppendSeconds(line, "ttft_slo", origin.TtftSloSeconds);
        AppendSeconds(line, "tpot_slo", origin.TpotSloSeconds);
        AppendSeconds(line, "deadline", origin.DeadlineSeconds);
    }

    private static void AppendSeconds(StringBuilder line, string name, double? seconds)
    {
        if (seconds is { } known)
        {
            line.Append(CultureInfo.InvariantCulture, $", \"{name}\": {known:R}");
        }
    }

    private static void Append(StringBuilder line, IReadOnlyList<Turn> turns, int number)
    {
        var turn = turns[number];
        line.Append('{');
        var from = From(turns, number);
        if (from is { } before)
        {
            line.Append(CultureInfo.InvariantCulture, $"\"from\": {before}, ");
        }

        line.Append("\"prompt\": [");
        var first = from is { } known ? turns[known].Prompt.Count + 1 : 0;
        for (var i = first; i < turn.Prompt.Count; i++)
        {
            Append(line.Append(i == first ? "" : ", "), turn.Prompt[i]);
        }

        Append(line.Append("], \"output\": "), turn.Output);
        if (turn.After.Count > 0)
        {
            line.Append(", \"after\": [").AppendJoin(", ", turn.After).Append(']');
            line.Append(CultureInfo.InvariantCulture, $", \"delay\": {turn.DelaySeconds:R}");
        }

        line.Append('}');
    }

    private static void Append(StringBuilder line, PromptSegment segment) =>
        line.Append(CultureInfo.InvariantCulture, $"[{segment.ContentId}, {segment.Tokens}]");

    /// <summary>The last turn whose prompt and answer a prompt begins with; null when there is none.</summary>
    private static int? From(IReadOnlyList<Turn> turns, int number)
    {
        var prompt = turns[number].Prompt;
        for (var before = number - 1; before >= 0; before--)
        {
            var said = turns[before].Prompt;
            if (
                said.Count < prompt.Count
                && prompt[said.Count] == turns[before].Output
                && prompt.Take(said.Count).SequenceEqual(said)
            )
            {
                return before;
            }
        }

        return null;
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
