namespace LlmSim.Workloads.Traces;

/// <summary>
/// Logs of gateways to the OpenAI API: the usage object of a response (platform.openai.com/docs/api-reference, chat completions:
/// prompt_tokens and completion_tokens; responses: input_tokens and output_tokens), at the top or within the response, and a time.
/// </summary>
internal static class OpenAiFormat
{
    private static readonly string[] s_places = ["usage.", "response.usage.", "response.body.usage.", ""];

    public static TraceFormat Format { get; } =
        new(
            "openai",
            "logs of OpenAI-style gateways: usage.prompt_tokens, usage.completion_tokens, created or timestamp"
        )
        {
            Arrival =
            [
                "timestamp",
                "start_time",
                "startTime",
                "request_time",
                "created_at",
                "created",
                "response.created_at",
                "response.created",
                "response.body.created",
                "time",
                "ts",
            ],
            Input = Lengths("prompt_tokens", "input_tokens"),
            Output = Lengths("completion_tokens", "output_tokens"),
            Unit = TimeUnit.Seconds,
        };

    private static string[] Lengths(string name, string other) =>
        [.. s_places.SelectMany(place => new[] { place + name, place + other })];
}
