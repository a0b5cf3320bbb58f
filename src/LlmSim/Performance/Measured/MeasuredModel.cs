using LlmSim.Engine;

namespace LlmSim.Performance.Measured;

/// <summary>
/// Times from measurements of each layer, interpolated, with communication from the link's latency and bandwidth.
/// docs/performance-models.md has the formula. It counts what it was asked beyond the measurements, so each run has one
/// of its own.
/// </summary>
public sealed class MeasuredModel : IPerformanceModel, IRangeReporting
{
    private readonly int _layers;
    private readonly MeasuredShard _shard;
    private readonly LayerTimes _times;

    /// <summary>By tokens: seconds of everything but attention, lm_head and sampler.</summary>
    private readonly double[] _tokenSeconds;

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
        _tokenSeconds = [.. Enumerable.Range(0, _times.LastTokens + 1).Select(_times.TokenSeconds)];
        _sequenceSeconds = [.. Enumerable.Range(0, _times.LastSequences + 1).Select(_times.SequenceSeconds)];
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

        var isBeyondTokens = tokens >= _tokenSeconds.Length;
        var isBeyondSequences = batch.Requests >= _sequenceSeconds.Length;
        var attentionSeconds = AttentionSeconds(batch, out var isBeyondAttention);
        Count(isBeyondTokens, isBeyondSequences, isBeyondAttention);
        return (isBeyondTokens ? _times.TokenSeconds(tokens) : _tokenSeconds[tokens])
            + _layers * attentionSeconds
            + (isBeyondSequences ? _times.SequenceSeconds(batch.Requests) : _sequenceSeconds[batch.Requests]);
    }

    private double AttentionSeconds(in IterationBatch batch, out bool isBeyond)
    {
        isBeyond = false;
        if (batch.Tokens == 0)
        {
            return 0;
        }

        var mean = batch.DecodeRequests == 0 ? 0 : batch.DecodeComputedTokens / batch.DecodeRequests;
        isBeyond = !Covers(batch, mean);
        var seconds = AttentionSeconds(batch, mean);
        var longest = batch.DecodeComputedTokensMax;
        if (batch.DecodeRequests < 2 || longest == mean || _shard.Skew is not { } skew)
        {
            return seconds;
        }

        var shortest = batch.DecodeComputedTokensMin;
        var skewRate = (double)(mean - shortest) / (longest - shortest);
        var alpha = skew.Alpha(
            batch.PrefillTokens,
            batch.DecodeRequests,
            skewRate,
            longest,
            batch.PrefillComputedTokens
        );
        isBeyond |= !Covers(batch, longest);
        return seconds + alpha * Math.Max(0, AttentionSeconds(batch, longest) - seconds);
    }

    private double AttentionSeconds(in IterationBatch batch, long decodeComputedTokens) =>
        _shard.Attention.Seconds(
            batch.PrefillTokens,
            batch.PrefillComputedTokens,
            batch.DecodeRequests,
            decodeComputedTokens
        );

    private bool Covers(in IterationBatch batch, long decodeComputedTokens) =>
        _shard.Attention.Covers(
            batch.PrefillTokens,
            batch.PrefillComputedTokens,
            batch.DecodeRequests,
            decodeComputedTokens
        );

    private void Count(bool isBeyondTokens, bool isBeyondSequences, bool isBeyondAttention)
    {
        Iterations++;
        _beyondTokens += isBeyondTokens ? 1 : 0;
        _beyondSequences += isBeyondSequences ? 1 : 0;
        _beyondAttention += isBeyondAttention ? 1 : 0;
        IterationsOutOfRange += isBeyondTokens || isBeyondSequences || isBeyondAttention ? 1 : 0;
    }
}
