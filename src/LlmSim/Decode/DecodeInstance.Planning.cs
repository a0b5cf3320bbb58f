using LlmSim.Engine;
using LlmSim.Performance;

namespace LlmSim.Decode;

/// <content>What happens until the next boundary: how many iterations may run as one event.</content>
internal sealed partial class DecodeInstance
{
    private void Continue()
    {
        ChangeWork();
        _phaseStart = _simulation.Now;
        if (_batch.Count == 0)
        {
            Invariant.Require(_queue.Count == 0, $"{this} fell idle with {_queue.Count} requests queued");
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
        var total = SimTime.Zero;
        foreach (var request in _recomputing)
        {
            var duration = SimTime.FromSeconds(Performance.PrefillSeconds(request.RecomputeTokens));
            request.RecomputeDuration += duration;
            total += duration;
        }

        Busy += total;
        ScheduleBoundary(_simulation.Now + total);
    }

    private void Decode()
    {
        _phase = Phase.Decoding;
        var iterations = Math.Min(_batch.IterationsToFirstFinish(), IterationsUntilMemoryIsChecked());
        _plan.Make(
            _simulation.Now,
            Math.Min(iterations, IterationsUntilPolicyIsAsked()),
            new DecodeBatch(
                _batch.Count,
                _batch.ContextTokens + _batch.Count,
                _batch.LongestContextTokens() + 1
            ),
            Performance
        );
        ScheduleBoundary(_plan.End);
    }

    /// <summary>Iterations after which the batch, as it is, no longer fits: at least one always runs.</summary>
    private int IterationsUntilMemoryIsChecked()
    {
        var room = _capacityTokens - _batch.ContextTokens;
        if (_options.Saturation == Saturation.EvictAll)
        {
            // Evicts when the batch has outgrown the limit.
            return (int)Math.Clamp((room / _batch.Count) + 1, 1, int.MaxValue);
        }

        // Preempts before the iteration that would.
        Invariant.Require(
            room >= _batch.Count || _options.Admission == Admission.Overshoot,
            $"{this} would run {_batch.Count} requests with room for {room} more KV tokens"
        );
        return (int)Math.Clamp(room / _batch.Count, 1, int.MaxValue);
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

    private void ScheduleBoundary(SimTime at) =>
        _simulation.Schedule(at, EventRanks.DecodeBoundary, this, ++_planNumber);
}
