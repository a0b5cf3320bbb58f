using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Instances.Decode;

/// <content>What happens until the next boundary: how many iterations may run as one event.</content>
internal sealed partial class DecodeInstance
{
    private void Continue()
    {
        ChangeWork();
        _phaseStart = _simulation.Now;
        if (_batch.Count == 0)
        {
            Invariant.Require(
                _queue.Count == 0 || _sending.Count > 0,
                $"{this} fell idle with {_queue.Count} requests queued"
            );
            _phase = Phase.Idle;
            _plan.Rest();
        }
        else if (_recomputing.Count > 0)
        {
            Recompute();
        }
        else
        {
            Decode();
        }
    }

    private void Recompute()
    {
        _phase = Phase.Recomputing;
        var end = _simulation.Now;
        foreach (var request in _recomputing)
        {
            end = Recompute(request, end);
        }

        Busy += end - _simulation.Now;
        _recomputed = end;
        _boundary.Set(end);
    }

    /// <summary>Ends the prefill of a context that begins at a time.</summary>
    private SimTime Recompute(Request request, SimTime begin)
    {
        try
        {
            var duration = SimTime.FromSeconds(
                Slowdown * Performance.Seconds(IterationBatch.OfPrompt(request.RecomputeTokens))
            );
            request.RecomputeDuration += duration;
            return begin + duration;
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "the prefill of its context after a preemption", this, e);
        }
    }

    private void Decode()
    {
        _phase = Phase.Decoding;
        var iterations = Math.Min(_batch.IterationsToFirstFinish, IterationsUntilPolicyIsAsked());
        var batch = new DecodeBatch(
            _batch.Count,
            _batch.ContextTokens + _batch.Count,
            _batch.LongestContextTokens() + 1
        );
        try
        {
            _plan.Make(_simulation.Now, IterationsThatFit(iterations), batch, Performance, Slowdown);
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(
                Longest(),
                $"the end of its iterations, in a batch of {batch.Requests} requests,",
                this,
                e
            );
        }

        _boundary.Set(_plan.End);
    }

    /// <summary>The running request with the longest context.</summary>
    private Request Longest()
    {
        Request? longest = null;
        foreach (var request in _batch.NewestFirst)
        {
            longest = longest?.ContextTokens >= request.ContextTokens ? longest : request;
        }

        return longest!;
    }

    /// <summary>The given number of iterations, or fewer if the batch outgrows the memory before; at least one.</summary>
    private int IterationsThatFit(int most)
    {
        var room = _capacityTokens - _batch.ContextTokens - _sendingTokens;
        Invariant.Require(
            room >= _batch.Count
                || _options.Saturation == Saturation.EvictAll
                || _options.Admission == Admission.Overshoot,
            $"{this} would run {_batch.Count} requests with room for {room} more KV tokens"
        );
        if (room >= (long)most * _batch.Count)
        {
            return most;
        }

        // Eviction waits until the batch has outgrown the limit, preemption comes before the iteration that would.
        var fitting = (room / _batch.Count) + (_options.Saturation == Saturation.EvictAll ? 1 : 0);
        return (int)Math.Clamp(fitting, 1, most);
    }

    /// <summary>
    /// While the batch does not change, a queued request that did not fit goes on not fitting. But after a preemption
    /// nobody was asked, and a policy without a fixed order may want another one, which fits, after any iteration.
    /// </summary>
    private int IterationsUntilPolicyIsAsked()
    {
        var mayChangeItsMind = _options.Admission == Admission.Strict && !_queue.HasFixedOrder;
        return _queue.Count > 0 && (_admissionIsDue || mayChangeItsMind) ? 1 : _options.MaxIterationsPerEvent;
    }

    private RemainingWork WorkOfBatch()
    {
        var work = new RemainingWork();
        foreach (var request in _batch.NewestFirst)
        {
            work.Add(request, _batch.Iteration);
        }

        return work;
    }
}
