using LlmSim.Kernel;

namespace LlmSim.Performance.Measured;

/// <summary>
/// Times from measurements of each layer, interpolated, with communication from the link's latency and bandwidth.
/// docs/performance-models.md has the formula. It counts what it was asked beyond the measurements, so each run has one
/// of its own.
/// </summary>
internal sealed class MeasuredModel : IPerformanceModel, IRangeReporting, IPromptAttention
{
    /// <summary>So many times are computed once; those of more tokens or requests are computed when they are asked for.</summary>
    private const int MostKnown = 1 << 16;

    private readonly int _layers;
    private readonly MeasuredShard _shard;
    private readonly LayerTimes _times;
    private readonly UndividedAttention? _undivided;

    private readonly bool _sharesExperts;
    private readonly int _lastTokens;
    private readonly int _lastExpertTokens;
    private readonly int _lastSequences;

    /// <summary>By tokens: seconds of everything but attention, experts, lm_head and sampler.</summary>
    private readonly double[] _tokenSeconds;

    /// <summary>By tokens of all that share them: seconds of the experts.</summary>
    private readonly double[] _expertSeconds;

    /// <summary>By requests: seconds of lm_head and sampler.</summary>
    private readonly double[] _sequenceSeconds;

    private long _beyondTokens;
    private long _beyondSequences;
    private long _beyondAttention;

    /// <summary>A model on an instance.</summary>
    /// <exception cref="UserErrorException">The profile is of something else, or lacks what this needs.</exception>
    public MeasuredModel(
        MeasuredProfile profile,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        ProfileMatch.Require(profile, model, precision, instance);
        _layers = model.Layers;
        _shard = profile.Shards[instance.TpSize];
        _times = new(profile, model, precision, instance);
        _undivided = UndividedAttention.Of(model, instance);
        _sharesExperts = instance.ExpertParallel > instance.TpSize;
        _lastTokens = _times.LastTokens;
        _tokenSeconds = Known(_lastTokens, _times.TokenSeconds);
        _lastExpertTokens = _times.LastExpertTokens;
        _expertSeconds = Known(_lastExpertTokens, _times.ExpertSeconds);
        _lastSequences = _times.LastSequences;
        _sequenceSeconds = Known(_lastSequences, _times.SequenceSeconds);
    }

    /// <inheritdoc />
    public long Iterations { get; private set; }

    /// <inheritdoc />
    public long IterationsOutOfRange { get; private set; }

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange =>
        new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            ["attention"] = _beyondAttention,
            ["per_sequence"] = _beyondSequences,
            ["tokens"] = _beyondTokens,
        };

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch)
    {
        var tokens = Math.Max(batch.Tokens, batch.GroupTokens);
        Invariant.Require(tokens > 0, $"an iteration of {tokens} tokens");
        if (batch is { PrefillTokens: 1, IsPromptFromItsStart: true })
        {
            // Attention was measured as engines schedule it: the only token of a prompt decodes.
            return Seconds(IterationBatch.OfPrompt(1, 0) with { GroupTokens = batch.GroupTokens });
        }

        var expertTokens = _sharesExperts ? Math.Max(tokens, batch.ExpertTokens) : tokens;
        var logitTokens = batch.LogitTokens;
        var attentionSeconds = AttentionSeconds(batch, out var isBeyondAttention);
        Count(
            tokens > _lastTokens || (expertTokens > _lastExpertTokens && _lastExpertTokens > 0),
            logitTokens > _lastSequences,
            isBeyondAttention
        );
        return (tokens < _tokenSeconds.Length ? _tokenSeconds[tokens] : _times.TokenSeconds(tokens))
            + (
                expertTokens < _expertSeconds.Length
                    ? _expertSeconds[expertTokens]
                    : _times.ExpertSeconds(expertTokens)
            )
            + _layers * attentionSeconds
            + (
                logitTokens < _sequenceSeconds.Length
                    ? _sequenceSeconds[logitTokens]
                    : _times.SequenceSeconds(logitTokens)
            );
    }

    /// <inheritdoc />
    public double LayerSeconds(int group, in IterationBatch prompts) => AttentionSeconds(prompts, out _);

    private static double[] Known(int last, Func<int, double> seconds) =>
        [.. Enumerable.Range(0, Math.Min(last, MostKnown) + 1).Select(seconds)];

    private double AttentionSeconds(in IterationBatch batch, out bool isBeyond)
    {
        isBeyond = false;
        if (batch.Tokens == 0)
        {
            return 0;
        }

        var mean = batch.DecodeRequests == 0 ? 0 : batch.DecodeComputedTokens / batch.DecodeRequests;
        var seconds = AttentionSeconds(
            batch.PrefillTokens,
            batch.PrefillComputedTokens,
            batch.DecodeRequests,
            mean,
            ref isBeyond
        );
        return batch.PrefillRequests == 0
            ? seconds + UnevenSeconds(batch, mean, seconds, ref isBeyond)
            : ChunkSeconds(batch, seconds, ref isBeyond);
    }

    /// <summary>What decoding alone takes longer because some contexts are longer than the mean.</summary>
    private double UnevenSeconds(in IterationBatch batch, long mean, double evenSeconds, ref bool isBeyond)
    {
        var (requests, longest) = (batch.DecodeRequests, batch.DecodeComputedTokensMax);
        if (requests < 2 || longest == mean)
        {
            return 0;
        }

        // The share α was fitted to batches of both kinds: the larger of the two counts, not their sum.
        var padded = Math.Max(batch.Tokens, batch.GroupTokens);
        var least = _undivided?.LeastSeconds(requests, padded, mean, longest) ?? 0;
        return Math.Max(SkewSeconds(batch, mean, evenSeconds, ref isBeyond), least - evenSeconds);
    }

    private double SkewSeconds(in IterationBatch batch, long mean, double evenSeconds, ref bool isBeyond)
    {
        if (_shard.Skew is not { } skew)
        {
            return 0;
        }

        var (requests, longest) = (batch.DecodeRequests, batch.DecodeComputedTokensMax);
        var shortest = batch.DecodeComputedTokensMin;
        var skewRate = (double)(mean - shortest) / (longest - shortest);
        var alpha = skew.Alpha(prefillTokens: 0, requests, skewRate, longest, prefillComputedTokens: 0);
        return alpha * Math.Max(0, AttentionSeconds(0, 0, requests, longest, ref isBeyond) - evenSeconds);
    }

    /// <summary>
    /// Several chunks take longer than one of their sums: each attends to its own keys. What decodes beside them takes the rest of
    /// the even time, or nothing.
    /// </summary>
    private double ChunkSeconds(in IterationBatch batch, double evenSeconds, ref bool isBeyond)
    {
        if (batch.PrefillChunks.IsEmpty)
        {
            return evenSeconds;
        }

        var aloneSeconds = AttentionSeconds(
            batch.PrefillTokens,
            batch.PrefillComputedTokens,
            0,
            0,
            ref isBeyond
        );
        var seconds = -aloneSeconds;
        foreach (var chunk in batch.PrefillChunks.Span)
        {
            seconds += AttentionSeconds(chunk.Tokens, chunk.ComputedTokens, 0, 0, ref isBeyond);
        }

        return Math.Max(evenSeconds, aloneSeconds) + seconds;
    }

    private double AttentionSeconds(
        int prefillTokens,
        long prefillComputedTokens,
        int decodeRequests,
        long decodeComputedTokens,
        ref bool isBeyond
    )
    {
        isBeyond |= !_shard.Attention.Covers(
            prefillTokens,
            prefillComputedTokens,
            decodeRequests,
            decodeComputedTokens
        );
        return _shard.Attention.Seconds(
            prefillTokens,
            prefillComputedTokens,
            decodeRequests,
            decodeComputedTokens
        );
    }

    private void Count(bool isBeyondTokens, bool isBeyondSequences, bool isBeyondAttention)
    {
        Iterations++;
        _beyondTokens += isBeyondTokens ? 1 : 0;
        _beyondSequences += isBeyondSequences ? 1 : 0;
        _beyondAttention += isBeyondAttention ? 1 : 0;
        IterationsOutOfRange += isBeyondTokens || isBeyondSequences || isBeyondAttention ? 1 : 0;
    }
}
