using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>The planned iteration as performance models see it.</content>
internal abstract partial class IterationScheduler
{
    /// <summary>Chunks of the planned iteration, in memory that grows to the most that there ever were.</summary>
    private PrefillChunk[] _chunks = [];

    /// <summary>What the time of the planned iteration depends on.</summary>
    protected IterationBatch Batch()
    {
        var (prefillRequests, prefillTokens, prefillComputed, pairs) = (0, 0, 0L, 0L);
        var (decodeRequests, decodeComputed, min, max) = (0, 0L, int.MaxValue, 0);
        var (drafts, accepted) = (0, 0.0);
        var encodeSeconds = PlanImages();
        if (Decoding.IsPlanned)
        {
            (decodeRequests, decodeComputed) = (Decoding.Count, Decoding.Computed);
            (min, max) = (Decoding.ComputedMin, Decoding.ComputedMax);
            (drafts, accepted) = (DecodeTokensEach - 1, Decoding.AcceptedPerIteration);
        }

        foreach (var sequence in _single)
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
                if (sequence.Drafts > 0)
                {
                    drafts = sequence.Drafts;
                    accepted += sequence.Pace!.MeanAccepted;
                }
            }
        }

        var batch = WithAdapters(
            new IterationBatch
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
                DraftTokens = drafts,
                AcceptedDraftTokens = accepted,
                EncodeSeconds = encodeSeconds,
            }
        );
        return WithMasks(batch);
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
