using System.Runtime.InteropServices;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>A trace that was read whole, at its own times, which may be scaled: so many runs share one array.</summary>
/// <param name="Requests">All its requests.</param>
/// <param name="Facts">What it is.</param>
/// <param name="HashBlockTokens">Tokens that a hash id stands for.</param>
/// <param name="TimeScale">By what its times were multiplied.</param>
internal sealed record ParsedTrace(
    ReadOnlyMemory<RequestSpec> Requests,
    TraceFacts Facts,
    int HashBlockTokens,
    double TimeScale
)
{
    public IEnumerable<RequestSpec> ToRequests() => MemoryMarshal.ToEnumerable(Requests);

    private static int Count(ReadOnlySpan<RequestSpec> requests)
    {
        var conversations = 0;
        foreach (ref readonly var request in requests)
        {
            conversations += request.Conversation is null ? 0 : 1;
        }

        return conversations;
    }

    /// <summary>What its first requests are.</summary>
    public TraceFacts FactsOf(int count)
    {
        var taken = Requests.Span[..Math.Min(count, Requests.Length)];
        return Facts with
        {
            Requests = taken.Length,
            Conversations = Count(taken),
            SpanSeconds = Facts.SpanSeconds is null
                ? null
                : (taken[^1].Arrival - taken[0].Arrival).Seconds / TimeScale,
        };
    }
}
