using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>What the requests of a batch get from its iterations.</summary>
internal sealed class IterationProgress(
    BatchedInstance instance,
    PagedKvCache cache,
    InterTokenLatency interTokenLatency
)
{
    /// <summary>Iterations of the present plan that the requests have had.</summary>
    private int _settled;

    /// <summary>Blocks in use when the next of them began, and when that was.</summary>
    private int _used;
    private SimTime _usedSince;

    /// <summary>A request has joined the batch.</summary>
    public static void Start(Request request, SimTime now)
    {
        request.Sequence = null;
        if (request.GeneratedTokens == 0)
        {
            request.PrefillStart = request.Evictions == 0 ? now : request.PrefillStart;
            return;
        }

        request.DecodeStart = now;
        if (request.FirstDecodeStart == SimTime.Zero)
        {
            request.BeginDecode(now);
        }
    }

    /// <summary>A plan has been made.</summary>
    public void Begin(SimTime now) => (_settled, _used, _usedSince) = (0, cache.Pool.Used, now);

    /// <summary>So many iterations of a plan have ended, and another one has begun: the requests get what they have had of it until now.</summary>
    /// <remarks>What others see of them is the same whenever they ask: gaps between tokens are recorded at the end of the plan.</remarks>
    public void Settle(IterationScheduler scheduler, IterationPlan times, int ended)
    {
        if (_settled >= ended)
        {
            return;
        }

        if (!scheduler.IsOfPrompt)
        {
            scheduler.Repeat(ended - _settled);
            _settled = ended;
            return;
        }

        // What is computed of a prompt can be found, and its blocks are in use, from its own iteration on.
        for (; _settled < ended; _settled++)
        {
            MeasureUse(times.EndOf(_settled + 1));
            scheduler.Repeat(1);
            _used = cache.Pool.Used;
        }
    }

    /// <summary>A plan has ended: whoever has nothing left to compute gets a token. Those that leave are added to a list.</summary>
    /// <param name="scheduler">Who runs.</param>
    /// <param name="times">The plan.</param>
    /// <param name="leaving">The list.</param>
    /// <param name="hasWithdrawn">Whether there are some whose clients have gone.</param>
    public void Complete(
        IterationScheduler scheduler,
        IterationPlan times,
        List<SequenceState> leaving,
        bool hasWithdrawn
    )
    {
        Settle(scheduler, times, times.Count - 1);
        MeasureUse(times.End);
        if (times.Count > 1)
        {
            RecordGaps(scheduler, times, times.Count - 1);
        }

        foreach (var sequence in scheduler.Single)
        {
            var isDue = sequence.CompletesNow;
            var accepted = sequence.IsDecoding ? scheduler.AdvanceDecoding(sequence, 1) - 1 : 0;
            sequence.Computed += sequence.Scheduled + accepted;
            (sequence.Scheduled, sequence.Drafts) = (0, 0);
            if (isDue)
            {
                GiveToken(sequence.Request, times.End);
                sequence.Request.DecodedTokens += accepted;
                sequence.Request.SeeAnswer(times.End);
                Invariant.Require(
                    sequence.RemainingTokens >= 0,
                    $"{sequence.Request} got {-sequence.RemainingTokens} tokens more than it was owed"
                );
                sequence.HasLeft = sequence.RemainingTokens == 0 || instance.Role == InstanceRole.Prefill;
            }

            if (sequence.Request.IsWithdrawn)
            {
                sequence.HasLeft = true;
                scheduler.OnWithdrawn(sequence);
            }

            if (sequence.HasLeft)
            {
                leaving.Add(sequence);
            }
        }

        if (scheduler.Decoding is { IsPlanned: true } decoding)
        {
            interTokenLatency.Record(times.End - decoding.LastToken, decoding.Measured);
            decoding.Advance(1);
            decoding.LastToken = times.End;
            decoding.TakeFinished(leaving);
            if (hasWithdrawn)
            {
                decoding.TakeWithdrawn(leaving);
            }

            if (leaving.Count > 1)
            {
                leaving.Sort(static (one, other) => one.Join.CompareTo(other.Join));
            }
        }
    }

    /// <summary>Adds up the blocks in use since it was last done, until the end of an iteration.</summary>
    private void MeasureUse(SimTime end)
    {
        instance.Totals.AddUse(_usedSince, end, (_used + cache.Pool.Used) / 2.0);
        _usedSince = end;
    }

    /// <summary>Records the gaps before the tokens of the first so many iterations of a plan.</summary>
    private void RecordGaps(IterationScheduler scheduler, IterationPlan times, int iterations)
    {
        var decoding = scheduler.Decoding;
        var measured = decoding.Measured;
        interTokenLatency.Record(times.EndOf(1) - decoding.LastToken, measured);
        decoding.LastToken = times.EndOf(iterations);
        foreach (var sequence in scheduler.Single)
        {
            if (!sequence.IsDecoding)
            {
                continue;
            }

            if (sequence.Request.IsMeasured)
            {
                measured++;
                interTokenLatency.Record(times.EndOf(1) - sequence.Request.LastToken, 1);
            }

            sequence.Request.LastToken = times.EndOf(iterations);
        }

        times.RecordGaps(interTokenLatency, 2, iterations, measured);
    }

    private void GiveToken(Request request, SimTime now)
    {
        if (request.GeneratedTokens > 0)
        {
            interTokenLatency.Record(now - request.LastToken, request.IsMeasured ? 1 : 0);
            request.DecodedTokens++;
        }
        else
        {
            request.TokensFromPrefill = 1;
            request.PrefillFinish = now;
            if (instance.Role == InstanceRole.Mixed)
            {
                StayToDecode(request, now);
            }
        }

        request.LastToken = now;
    }

    private void StayToDecode(Request request, SimTime now)
    {
        request.TransferFinish = now;
        if (request.DecodeTokensOwed > 0)
        {
            request.State = RequestState.DecodeLocal;
            request.DecodeInstance = instance.Index;
            request.FirstDecodeStart = now;
            request.DecodeStart = now;
        }
    }
}
