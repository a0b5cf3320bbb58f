using System.Runtime.InteropServices;
using LlmSim.Engine;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Which tokens an iteration computes, by the rules of vLLM V1: running requests first, each with what it has not computed
/// yet, as far as the budget goes; when a block cannot be had, the last of them is preempted and starts over at the front
/// of the queue. Waiting requests are admitted only when nobody was preempted.
/// </summary>
internal sealed class IterationScheduler(EngineSpec spec, PagedKvCache cache, WaitingRequests waiting)
{
    private readonly List<SequenceState> _running = [];

    /// <summary>Chunks of the planned iteration, in memory that grows to the most that there ever were.</summary>
    private PrefillChunk[] _chunks = [];

    private enum Answer
    {
        Admitted,
        NoBudget,
        NoBlocks,
    }

    /// <summary>The requests of the batch, in the order in which they joined.</summary>
    public ReadOnlySpan<SequenceState> Running => CollectionsMarshal.AsSpan(_running);

    /// <summary>Those of them that joined with the planned iteration.</summary>
    public List<SequenceState> Admitted { get; } = [];

    public long Preemptions { get; private set; }

    /// <summary>
    /// Whether the planned iteration only decodes and nobody can be admitted after it, so that it repeats itself until a
    /// request has all its tokens, blocks run out, or somebody comes.
    /// </summary>
    public bool IsSteady { get; private set; }

    /// <summary>Plans an iteration.</summary>
    /// <param name="now">The simulated clock.</param>
    /// <param name="departing">Requests that have ended, but hold their places in the batch and their blocks yet.</param>
    /// <returns>What its time depends on: no tokens when there is nothing to compute.</returns>
    public IterationBatch Schedule(SimTime now, int departing)
    {
        Admitted.Clear();
        while (true)
        {
            var budget = spec.MaxBatchedTokens;
            var preempted = ContinueRunning(ref budget);
            var mayAdmitNext = preempted || Admit(ref budget, now, departing);
            var batch = Batch();
            if (batch.Tokens > 0 || !preempted)
            {
                IsSteady = !mayAdmitNext && batch.DecodeRequests == _running.Count && AllDecode();
                return batch;
            }

            // The only one preempted itself: the next iteration begins at once, and may admit.
        }
    }

    /// <summary>Takes out the requests that have left.</summary>
    public void RemoveFinished() => _running.RemoveAll(static sequence => sequence.HasLeft);

    /// <summary>How often the planned iteration can repeat itself, itself included, before a request ends or blocks run out.</summary>
    /// <param name="limit">Most to look for, at least 1.</param>
    public int SteadyIterations(int limit)
    {
        if (!IsSteady)
        {
            return 1;
        }

        foreach (var sequence in _running)
        {
            limit = Math.Min(limit, sequence.RemainingTokens);
        }

        // The blocks for the first are taken already.
        var (enough, tooMany) = (1, limit + 1);
        while (tooMany - enough > 1)
        {
            var middle = enough + ((tooMany - enough) / 2);
            if (BlocksToGrow(middle) <= cache.Pool.Free)
            {
                enough = middle;
            }
            else
            {
                tooMany = middle;
            }
        }

        return enough;
    }

    /// <summary>Blocks that the requests of a batch that only decodes lack for so many iterations from now.</summary>
    public long BlocksToGrow(int iterations)
    {
        var blocks = 0L;
        foreach (var sequence in _running)
        {
            blocks += cache.BlocksFor(sequence.Computed + iterations) - sequence.Blocks.Count;
        }

        return blocks;
    }

    /// <summary>Gives the running requests what they want; says whether somebody was preempted for it.</summary>
    private bool ContinueRunning(ref int budget)
    {
        var preempted = false;
        for (var i = 0; i < _running.Count && budget > 0; i++)
        {
            var sequence = _running[i];
            var tokens = Math.Min(sequence.Length - sequence.Computed, budget);
            while (!cache.TryGrow(sequence, sequence.Computed + tokens))
            {
                preempted = true;
                if (PreemptLast() == sequence)
                {
                    return true;
                }
            }

            Plan(sequence, tokens, ref budget);
        }

        return preempted;
    }

    private SequenceState PreemptLast()
    {
        var last = _running[^1];
        _running.RemoveAt(_running.Count - 1);
        Preemptions++;
        last.Request.Evictions++;
        cache.Preempt(last);
        waiting.PutBack(last);
        return last;
    }

    /// <summary>Admits waiting requests; says whether the next iteration may admit more although the batch stays as it is.</summary>
    private bool Admit(ref int budget, SimTime now, int departing)
    {
        while (waiting.Seen > 0 && _running.Count + departing < spec.MaxSequences)
        {
            if (budget <= 0)
            {
                return true;
            }

            var next = waiting.Select(now);
            var answer = TryAdmit(next, ref budget);
            if (answer != Answer.Admitted)
            {
                // What does not fit goes on not fitting while the others grow, but the policy may want another one next time.
                return answer == Answer.NoBudget
                    || !waiting.HasFixedOrder
                    || waiting.HasUnseen
                    || departing > 0;
            }

            waiting.RemoveSelected(next);
            _running.Add(next);
            Admitted.Add(next);
        }

        return waiting.HasUnseen || (waiting.Seen > 0 && departing > 0);
    }

    private Answer TryAdmit(SequenceState sequence, ref int budget)
    {
        var hits = cache.CountHits(sequence);
        var tokens = sequence.Length - cache.ComputedWith(sequence, hits);
        if (tokens > budget)
        {
            if (spec.ChunkedPrefill)
            {
                tokens = budget;
            }
            else if (budget < spec.MaxBatchedTokens)
            {
                return Answer.NoBudget;
            }
        }

        if (!cache.TryAdmit(sequence, hits, tokens))
        {
            return Answer.NoBlocks;
        }

        Plan(sequence, tokens, ref budget);
        return Answer.Admitted;
    }

    private void Plan(SequenceState sequence, int tokens, ref int budget)
    {
        sequence.Scheduled = tokens;
        budget -= tokens;
        cache.Publish(sequence);
    }

    private bool AllDecode()
    {
        foreach (var sequence in _running)
        {
            if (!sequence.IsDecoding)
            {
                return false;
            }
        }

        return true;
    }

    private IterationBatch Batch()
    {
        var (prefillRequests, prefillTokens, prefillComputed, pairs) = (0, 0, 0L, 0L);
        var (decodeRequests, decodeComputed, min, max) = (0, 0L, int.MaxValue, 0);
        foreach (var sequence in _running)
        {
            var (tokens, computed) = (sequence.Scheduled, sequence.Computed);
            if (tokens > 1)
            {
                AddChunk(prefillRequests, new PrefillChunk(tokens, computed));
                prefillRequests++;
                prefillTokens += tokens;
                prefillComputed += computed;
                pairs += ((long)tokens * computed) + ((long)tokens * (tokens + 1) / 2);
            }
            else if (tokens == 1)
            {
                decodeRequests++;
                decodeComputed += computed;
                min = Math.Min(min, computed);
                max = Math.Max(max, computed);
            }
        }

        return new IterationBatch
        {
            PrefillRequests = prefillRequests,
            PrefillTokens = prefillTokens,
            PrefillComputedTokens = prefillComputed,
            PrefillAttentionPairs = pairs,
            PrefillChunks = prefillRequests > 1 ? _chunks.AsMemory(0, prefillRequests) : default,
            DecodeRequests = decodeRequests,
            DecodeComputedTokens = decodeComputed,
            DecodeComputedTokensMin = decodeRequests == 0 ? 0 : min,
            DecodeComputedTokensMax = max,
        };
    }

    private void AddChunk(int index, PrefillChunk chunk)
    {
        if (index == _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(4, 2 * _chunks.Length));
        }

        _chunks[index] = chunk;
    }
}
