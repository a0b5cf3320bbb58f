using System.Text;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// Conversations as in ShareGPT (huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered): of each the first message of a
/// human and the answer to it, as load generators take them. It has texts and no times.
/// </summary>
internal static class ShareGptFormat
{
    public static TraceFormat Format { get; } =
        new(
            "sharegpt",
            "ShareGPT's JSON: conversations; first message and answer; token counts, else an estimate"
        )
        {
            Marks = ["conversations"],
            Rows = (lines, _) => new ConversationRows(lines),
            Sessions = ShareGptSessions.Open,
        };

    /// <summary>What is said of lengths that are not counted.</summary>
    public const string EstimateNotice =
        "lengths are estimated from texts, without a tokenizer: 0.6 tokens for a character of Chinese, Japanese or Korean, 0.3 for any other";

    /// <summary>Who says a message.</summary>
    public static MessageRole RoleOf(JsonElement message) =>
        (Text(message, "from") ?? Text(message, "role")) switch
        {
            "human" or "user" => MessageRole.Person,
            "gpt" or "assistant" or "chatgpt" or "bing" or "bard" => MessageRole.Answer,
            _ => MessageRole.Other,
        };

    /// <summary>Tokens of a message: those that it counts, else an estimate.</summary>
    public static int Tokens(LineReader lines, JsonElement message, Action onEstimate)
    {
        var count = DocumentRows.Member(message, "tokens");
        if (count.ValueKind == JsonValueKind.Number)
        {
            return count.TryGetDecimal(out var number) && TraceRow.TryLength(number, out var tokens)
                ? tokens
                : throw lines.Error(
                    "tokens",
                    Encoding.UTF8.GetBytes(count.GetRawText()),
                    TraceRow.AllowedLength
                );
        }

        onEstimate();
        var text = Text(message, "value") ?? Text(message, "content") ?? "";
        return text.Length > 0
            ? TokenEstimate.Of(text)
            : throw lines.Error("conversations", "found an empty message; allowed: a text");
    }

    /// <summary>What is wrong with a conversation without an answer.</summary>
    public static UserErrorException NoExchange(LineReader lines) =>
        lines.Error(
            "conversations",
            $"found no message of a human that is answered; allowed: one at least ({TraceRow.SkipHint})"
        );

    private static string? Text(JsonElement message, string name) =>
        DocumentRows.Text(DocumentRows.Member(message, name));

    private sealed class ConversationRows(LineReader lines) : ITraceRows
    {
        private static readonly string[] s_inputCounts = ["input_tokens", "prompt_tokens", "prompt_len"];
        private static readonly string[] s_outputCounts =
        [
            "output_tokens",
            "completion_tokens",
            "output_len",
        ];

        private bool _isEstimated;

        public TraceClock? Clock => null;

        public string ArrivalField => "";

        public string? Notice => _isEstimated ? EstimateNotice : null;

        public bool MoveNext() => lines.MoveNext();

        public UserErrorException Error(string field, string message) => lines.Error(field, message);

        public TraceRow Read()
        {
            using var document = Parse();
            var root = document.RootElement;
            var (prompt, answer) = FirstExchange(root);
            return new TraceRow(
                Arrival: null,
                Tokens(root, s_inputCounts, prompt),
                Tokens(root, s_outputCounts, answer)
            );
        }

        private JsonDocument Parse()
        {
            lines.RequireUtf8();
            try
            {
                return JsonDocument.Parse(lines.Line.ToArray(), DocumentRows.Options);
            }
            catch (JsonException e)
            {
                throw e.LineNumber is null
                    ? lines.Error("", $"{e.Message} Allowed: each once.")
                    : lines.Error("", lines.Line, "a JSON object with conversations");
            }
            catch (InvalidOperationException)
            {
                throw lines.Error("", DocumentRows.HalfCharacter);
            }
        }

        private (JsonElement Prompt, JsonElement Answer) FirstExchange(JsonElement root)
        {
            var messages = DocumentRows.Member(root, "conversations");
            JsonElement? prompt = null;
            foreach (
                var message in messages.ValueKind == JsonValueKind.Array ? messages.EnumerateArray() : default
            )
            {
                switch (RoleOf(message))
                {
                    case MessageRole.Person:
                        prompt ??= message;
                        break;
                    case MessageRole.Answer when prompt is not null:
                        return (prompt.Value, message);
                }
            }

            throw NoExchange(lines);
        }

        /// <summary>A count beside the conversation is that of its first exchange.</summary>
        private int Tokens(JsonElement root, string[] counts, JsonElement message)
        {
            var count = counts
                .Select(name => DocumentRows.Member(root, name))
                .FirstOrDefault(element => element.ValueKind == JsonValueKind.Number);
            if (count.ValueKind != JsonValueKind.Number)
            {
                return ShareGptFormat.Tokens(lines, message, () => _isEstimated = true);
            }

            return count.TryGetDecimal(out var number) && TraceRow.TryLength(number, out var tokens)
                ? tokens
                : throw lines.Error(
                    counts[0],
                    Encoding.UTF8.GetBytes(count.GetRawText()),
                    TraceRow.AllowedLength
                );
        }
    }
}

/// <summary>Who says a message of a conversation.</summary>
internal enum MessageRole
{
    /// <summary>Neither of these: a system prompt, a tool.</summary>
    Other,
    Person,
    Answer,
}
