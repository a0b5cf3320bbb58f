using LlmSim.Engine;

namespace LlmSim;

/// <summary>A time beyond the end of the simulated clock comes from the input: says which request and which figure led there.</summary>
internal static class ClockEnd
{
    /// <summary>The error of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="figure">What took so long, as "its prefill".</param>
    /// <param name="reached">What was noticed.</param>
    public static UserErrorException Error(Request request, string figure, ClockRangeException reached) =>
        Error(
            $"request {request.Id} of {request.TraceInputTokens} input and {request.TraceOutputTokens} output tokens: {figure}",
            reached
        );

    public static UserErrorException Error(string subject, ClockRangeException reached) =>
        new($"{subject}: {reached.Message}", reached);
}
