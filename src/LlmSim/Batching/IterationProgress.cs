using LlmSim.Engine;
using LlmSim.Instances.Decode;
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
            request.FirstDecodeStart = now;
        }
    }

    /// <summary>How many of the ended iterations of the plan the requests have not had.</summary>
    public int Unsettled(int ended) => ended - _settled;

    /// <summary>So many iterations of a plan have ended; in each, every request got a token, and another one has begun.</summary>
    public void Settle(IterationScheduler scheduler, IterationPlan times, int ended)
    {
        var iterations = Unsettled(ended);
        if (iterations <= 0)
        {
            return;
        }

        RecordGaps(scheduler, times, _settled + 1, ended);
        foreach (var sequence in scheduler.Single)
        {
            sequence.Computed += iterations;
            sequence.Request.DecodedTokens += iterations;
            sequence.Request.LastToken = times.EndOf(ended);
            var grown = cache.TryGrow(sequence, sequence.Computed + 1);
            Invariant.Require(grown, $"{instance} planned more iterations than it has KV blocks for");
        }

        if (scheduler.Decoding.Count > 0)
        {
            scheduler.Decoding.Advance(iterations, times.EndOf(ended));
            scheduler.Decoding.ProvideNext();
        }

        _settled = ended;
    }

    /// <summary>A plan has ended: whoever has nothing left to compute gets a token. Those that leave are added to a list.</summary>
    public void Complete(IterationScheduler scheduler, IterationPlan times, List<SequenceState> leaving)
    {
        Settle(scheduler, times, times.Count - 1);
        _settled = 0;
        foreach (var sequence in scheduler.Single)
        {
            var isDue = sequence.CompletesNow;
            sequence.Computed += sequence.Scheduled;
            sequence.Scheduled = 0;
            if (isDue)
            {
                GiveToken(sequence.Request, times.End);
                Invariant.Require(
                    sequence.RemainingTokens >= 0,
                    $"{sequence.Request} got {-sequence.RemainingTokens} tokens more than it was owed"
                );
                sequence.HasLeft = sequence.RemainingTokens == 0 || instance.Role == InstanceRole.Prefill;
            }

            if (sequence.HasLeft)
            {
                leaving.Add(sequence);
            }
        }

        if (scheduler.Decoding is { IsPlanned: true } decoding)
        {
            interTokenLatency.Record(times.End - decoding.LastToken, decoding.Measured);
            decoding.Advance(1, times.End);
            decoding.TakeFinished(leaving);
            if (leaving.Count > 1)
            {
                leaving.Sort(static (one, other) => one.Join.CompareTo(other.Join));
            }
        }
    }

    private void RecordGaps(IterationScheduler scheduler, IterationPlan times, int first, int last)
    {
        var decoding = scheduler.Decoding;
        var measured = decoding.Measured;
        interTokenLatency.Record(times.EndOf(first) - decoding.LastToken, measured);
        foreach (var sequence in scheduler.Single)
        {
            if (sequence.Request.IsMeasured)
            {
                measured++;
                interTokenLatency.Record(times.EndOf(first) - sequence.Request.LastToken, 1);
            }
        }

        times.RecordGaps(interTokenLatency, first + 1, last, measured);
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
