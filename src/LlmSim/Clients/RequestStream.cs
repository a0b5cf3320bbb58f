using System.Diagnostics.CodeAnalysis;
using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>The requests of a workload, pulled as they are needed and checked on the way.</summary>
/// <param name="workload">The requests.</param>
/// <param name="requests">Makes them.</param>
/// <param name="knowsContent">Whether the content of prompts matters.</param>
internal sealed class RequestStream(
    IEnumerable<RequestSpec> workload,
    RequestPool requests,
    bool knowsContent
) : IDisposable
{
    private readonly IEnumerator<RequestSpec> _workload = workload.GetEnumerator();

    /// <summary>Pulls the next one; false when there is none left.</summary>
    public bool MoveNext() => _workload.MoveNext();

    /// <summary>When the one that was pulled is to be sent.</summary>
    public SimTime Due => _workload.Current.Arrival;

    /// <summary>The one that was pulled, to arrive at its own time.</summary>
    /// <param name="now">Not after that time.</param>
    /// <exception cref="UserErrorException">It is impossible.</exception>
    public Request Take(SimTime now) => Checked(_workload.Current, now);

    /// <summary>The one that was pulled, to arrive now, whatever its own time.</summary>
    /// <exception cref="UserErrorException">It is impossible.</exception>
    public Request TakeAt(SimTime now) => Checked(_workload.Current with { Arrival = now }, now);

    public void Dispose() => _workload.Dispose();

    private Request Checked(in RequestSpec next, SimTime now)
    {
        if (next.Arrival < now || next.InputTokens < 1 || next.OutputTokens < 1)
        {
            ThrowImpossible(next, now);
        }

        return requests.Take(
            knowsContent && next.Conversation is { } conversation
                ? next.WithContent(conversation.Turns[0])
                : next
        );
    }

    [DoesNotReturn]
    private static void ThrowImpossible(in RequestSpec next, SimTime now) =>
        throw new UserErrorException(
            next.Arrival < now
                ? $"request {next.Id} of the workload arrives at {next.Arrival}, before the one ahead of it at {now}"
                : $"request {next.Id} of the workload has {next.InputTokens} input and {next.OutputTokens} output tokens; both must be at least 1"
        );
}
