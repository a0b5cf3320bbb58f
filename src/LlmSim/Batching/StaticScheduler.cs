using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Static batching, the baseline of request-level schedulers (Yu et al., OSDI 2022, section 2): a batch is made of the requests that wait when the last
/// one has ended. Their prompts are computed together, then all decode until the last has its last token; nobody joins meanwhile. Each has memory for its prompt and
/// all its output. A request that has ended is no longer computed, and its tokens have gone out as they came.
/// </summary>
internal sealed class StaticScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting
) : IterationScheduler(spec, role, cache, waiting, reservesToEnd: true)
{
    public override IterationBatch Schedule(SimTime now, int departing)
    {
        Admitted.Clear();
        Encoding?.Begin();
        Decoding.IsPlanned = false;
        if (Running + departing == 0)
        {
            MakeBatch(now);
        }

        PlanDecodingRequests();
        // Who waits matters only to an engine without a batch; who comes is to be seen.
        IsSteady = !Waiting.HasUnseen && (Running > 0 || Waiting.Seen == 0);
        foreach (var sequence in Single)
        {
            var tokens = sequence.Length - sequence.Computed;
            (sequence.Scheduled, sequence.Drafts) = (tokens, DraftsFor(sequence));
            var grown = Cache.TryGrow(sequence, sequence.TokensHeldIn(1));
            Invariant.Require(grown, $"{sequence.Request} lacks a KV block that was reserved for it");
            IsSteady &= sequence.IsDecoding;
        }

        return Batch();
    }

    public override void OnEnded() => PublishComputed();

    public override bool TryReserve(SequenceState sequence) =>
        Cache.TryReserve(sequence, MostTokens(sequence.Request));

    protected override void OnRepeated(int iterations) => PublishComputed();

    /// <summary>Takes waiting requests as far as places and memory go.</summary>
    private void MakeBatch(SimTime now)
    {
        while (Waiting.Seen > 0 && Running < MostRunning)
        {
            var next = Waiting.Select(now);
            var most = MostTokens(next.Request);
            if (IsBeingRead(next, Math.Max(next.Length, most), now))
            {
                continue;
            }

            var hits = Cache.CountHits(next);
            var tokens = next.Length - Cache.ComputedWith(next, hits);
            if (!Cache.TryAdmit(next, hits, tokens, most))
            {
                return;
            }

            // What has come from another instance can be found at once.
            Cache.Publish(next, next.Computed);
            Join(next, now);
        }
    }
}
