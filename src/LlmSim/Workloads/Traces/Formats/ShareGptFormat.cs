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
        };

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

        public string? Notice =>
            _isEstimated
                ? "lengths are estimated from texts, without a tokenizer: 0.6 tokens for a character of Chinese, Japanese or Korean, 0.3 for any other"
                : null;

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
        }

        private (JsonElement Prompt, JsonElement Answer) FirstExchange(JsonElement root)
        {
            var messages = DocumentRows.Member(root, "conversations");
            JsonElement? prompt = null;
            foreach (
                var message in messages.ValueKind == JsonValueKind.Array ? messages.EnumerateArray() : default
            )
            {
                switch (Text(message, "from") ?? Text(message, "role"))
                {
                    case "human" or "user":
                        prompt ??= message;
                        break;
                    case "gpt" or "assistant" or "chatgpt" or "bing" or "bard" when prompt is not null:
                        return (prompt.Value, message);
                }
            }

            throw lines.Error(
                "conversations",
                $"found no message of a human that is answered; allowed: one at least ({TraceRow.SkipHint})"
            );
        }

        private int Tokens(JsonElement root, string[] counts, JsonElement message)
        {
            var count = counts
                .Select(name => DocumentRows.Member(root, name))
                .Append(DocumentRows.Member(message, "tokens"))
                .FirstOrDefault(element => element.ValueKind == JsonValueKind.Number);
            if (count.ValueKind == JsonValueKind.Number)
            {
                return count.TryGetDecimal(out var number) && TraceRow.TryLength(number, out var tokens)
                    ? tokens
                    : throw lines.Error(
                        counts[0],
                        Encoding.UTF8.GetBytes(count.GetRawText()),
                        TraceRow.AllowedLength
                    );
            }

            _isEstimated = true;
            var text = Text(message, "value") ?? Text(message, "content") ?? "";
            return text.Length > 0
                ? TokenEstimate.Of(text)
                : throw lines.Error("conversations", "found an empty message; allowed: a text");
        }

        private static string? Text(JsonElement message, string name) =>
            DocumentRows.Text(DocumentRows.Member(message, name));
    }
}
