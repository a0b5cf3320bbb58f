using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>Requests that go on elsewhere, with their KV cache.</content>
internal sealed partial class BatchedInstance
{
    protected override void OnMoveOut()
    {
        Settle();
        foreach (var request in InOrder())
        {
            // One that was preempted has nothing to take along.
            if (request.Sequence is not { } sequence)
            {
                continue;
            }

            if (request.GeneratedTokens == 0 && request.State == RequestState.PrefillLocal)
            {
                _waiting.TryTake(request);
                _cache.Release(sequence);
                Mover!.Reroute(request);
            }
            else if (sequence.Arrived > 0)
            {
                MovesOn(request, sequence);
            }
        }

        ChangeWork();
        _clock.Interrupt();
    }

    /// <summary>Sends a request on that waits to decode, or has just come to it.</summary>
    private bool MovesOn(Request request, SequenceState sequence)
    {
        // What it is to hold where it goes takes the place of what it is here.
        request.Sequence = null;
        var moves = Moves(request);
        var there = request.Sequence;
        request.Sequence = sequence;
        if (moves)
        {
            _waiting.TryTake(request);
            request.Sequence = there;
            _sending.Add(request, sequence);
        }

        return moves;
    }

    private void MoveRunning(SimTime end)
    {
        if (Mover is null || Role == InstanceRole.Prefill)
        {
            return;
        }

        _scheduler.Separate();
        foreach (var sequence in _scheduler.Single.ToArray())
        {
            var decodes =
                sequence.Computed + 1 == sequence.Length
                && sequence.Request.State == RequestState.DecodeLocal;
            if (decodes && Moves(sequence.Request))
            {
                sequence.CountComputed();
                _scheduler.TakeAway(sequence);
                _sending.Add(sequence.Request, sequence);
            }
        }

        _scheduler.Regroup(end);
    }
}
