namespace LlmSim.Performance.Kernels;

/// <summary>
/// The attention of a layer of a group as kernels like it were measured, with what it sees of a context. Latent attention was measured
/// with the projections around it.
/// </summary>
internal sealed class KernelAttention
{
    /// <summary>Most tokens of a decoding request whose curves are remembered.</summary>
    private const int MostQueries = 32;

    private readonly KernelSet _kernels;
    private readonly ModelDescription _model;
    private readonly AttentionGroup _group;
    private readonly KernelFormat _format;
    private readonly double _heads;
    private readonly double _kvHeads;
    private readonly double _headSize;
    private readonly double _kvBytes;
    private readonly KernelGrid _prompts;
    private readonly Func<int, DecodeAttentionCurves> _newDecode;
    private readonly DecodeAttentionCurves?[] _decode = new DecodeAttentionCurves?[MostQueries + 1];
    private readonly ValueTable _projectionSeconds;

    /// <summary>That of a model on so many ranks.</summary>
    public KernelAttention(
        KernelSet kernels,
        ModelDescription model,
        AttentionGroup group,
        Precision precision,
        int tpSize
    )
    {
        _kernels = kernels;
        _model = model;
        _group = group;
        _format = KernelFormat.Of(precision.Projections);
        _heads = (double)group.Heads / tpSize;
        _kvHeads = TensorParallelism.KvHeadsEach(group, tpSize);
        _headSize = (group.HeadSize + group.ValueHeadSize) / 2.0;
        _kvBytes = precision.KvCache.BytesPerValue;
        _projectionSeconds = new(ComputeProjectionSeconds);
        // Found once: a grid's name is a text, and iterations ask often.
        if (group.Latent is null)
        {
            _prompts = kernels.PromptAttentionGrid(group.HeadSize, _kvBytes);
            var decode = kernels.DecodeAttentionGrid(group.HeadSize, _kvBytes);
            _newDecode = queries =>
                new(decode.Axes[1], (requests, context) => DecodeSeconds(decode, requests, context, queries));
            LastPromptTokens = _prompts.Axes[1][^1];
            (LastDecodeRequests, LastContext) = (decode.Axes[0][^1] / _kvHeads, decode.Axes[1][^1]);
        }
        else
        {
            _prompts = kernels.LatentAttentionGrid(isDecode: false, _format, _kvBytes);
            var decode = kernels.LatentAttentionGrid(isDecode: true, _format, _kvBytes);
            _newDecode = queries =>
                new(
                    decode.Axes[2],
                    (requests, context) => LatentDecodeSeconds(decode, requests, context, queries)
                );
            LastPromptTokens = _prompts.Axes[2][^1];
            (LastDecodeRequests, LastContext) = (decode.Axes[1][^1], decode.Axes[2][^1]);
        }

        if (group.Window is { } window && window.Tokens <= LastContext)
        {
            // Beyond the window a longer context is none.
            (LastPromptTokens, LastContext) = (double.PositiveInfinity, double.PositiveInfinity);
        }
    }

    /// <summary>How many layers there are of it.</summary>
    public int Layers => _group.Layers;

    /// <summary>The longest prompt that was measured.</summary>
    public double LastPromptTokens { get; }

    /// <summary>The most decoding requests that were measured.</summary>
    public double LastDecodeRequests { get; }

    /// <summary>The longest context of theirs.</summary>
    public double LastContext { get; }

    /// <summary>Seconds in an iteration.</summary>
    public double Seconds(in IterationBatch batch)
    {
        var seconds = 0.0;
        if (batch.DecodeRequests > 0)
        {
            seconds += Decode(batch.QueriesEach).Seconds(batch.DecodeRequests, Seen(batch.Decode));
        }

        if (batch.PrefillRequests > 0)
        {
            seconds += PromptSeconds(batch);
            if (batch.DecodeRequests > 0 && _group.Latent is not null)
            {
                // Both measurements have the projections, whose weights one iteration reads once.
                seconds -= _projectionSeconds.Get(batch.DecodeRequests * batch.QueriesEach);
            }
        }

        return seconds;
    }

    /// <summary>Seconds in an iteration that only decodes, and how they go on.</summary>
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var (requests, context) = (batch.DecodeRequests, batch.Decode.ContextTokens);
        var growth = batch.DecodeGrowthTokens / requests;
        var trend = Decode(batch.QueriesEach).Trend(requests, Seen(batch.Decode), growth);
        if (_group.Window is not { } window)
        {
            return trend;
        }

        var iterations = window.GrowingIterations((double)context / requests, growth);
        return iterations == 0
            ? new(trend.Seconds, 0, int.MaxValue)
            : trend with
            {
                Iterations = Math.Min(trend.Iterations, iterations),
            };
    }

    /// <summary>Tokens that decoding requests see, summed, as if each context had the mean length.</summary>
    private long Seen(in DecodeBatch batch) =>
        _group.Window is { } window
            ? Math.Min(batch.ContextTokens, (long)batch.Requests * window.Tokens)
            : batch.ContextTokens;

    private double PromptSeconds(in IterationBatch batch)
    {
        double keys = batch.PrefillTokens + batch.PrefillComputedTokens;
        double pairs = batch.PrefillAttentionPairs;
        var longest = keys / batch.PrefillRequests;
        if (_group.Window is { } window)
        {
            (pairs, keys) = batch.Seen(window);
        }

        if (_group.Latent is null)
        {
            return _kernels.PromptAttentionSeconds(
                _prompts,
                new(
                    batch.PrefillRequests,
                    batch.PrefillTokens,
                    keys,
                    pairs,
                    _heads,
                    _kvHeads,
                    _headSize,
                    _kvBytes
                )
            );
        }

        // What an indexer chooses for each query is read for it alone, as it is by a decoding request.
        var isChosen = _group.Indexer is not null && longest > _group.Window!.Tokens;
        return _kernels.LatentAttentionSeconds(
            _prompts,
            _format,
            Shape(
                batch.PrefillRequests,
                batch.PrefillTokens,
                isChosen ? pairs : keys,
                pairs,
                isAbsorbed: isChosen
            ),
            Math.Max(1, (double)batch.PrefillTokens / batch.PrefillRequests)
        );
    }

    private DecodeAttentionCurves Decode(int queriesEach) =>
        queriesEach > MostQueries
            ? _newDecode(queriesEach)
            : _decode[queriesEach] ??= _newDecode(queriesEach);

    /// <summary>Several queries of a request share its keys as more query heads of one do, which is how kernels compute them.</summary>
    private double DecodeSeconds(KernelGrid grid, int requests, int context, int queriesEach)
    {
        var seconds = _kernels.DecodeAttentionSeconds(
            grid,
            new(requests, context, _heads * queriesEach, _kvHeads, _headSize, _kvBytes)
        );
        return queriesEach == 1
            ? seconds
            : Math.Max(seconds, DecodeArithmetic(requests, context, queriesEach));
    }

    /// <summary>Arithmetic that one query of a request never needs, and many may.</summary>
    private double DecodeArithmetic(double requests, double context, int queriesEach) =>
        requests * context * queriesEach * _heads * 4 * _headSize / _kernels.Roofs.Ops16PerSecond;

    private double LatentDecodeSeconds(KernelGrid grid, int requests, int context, int queriesEach)
    {
        var keys = (double)requests * context;
        return _kernels.LatentAttentionSeconds(
            grid,
            _format,
            Shape(requests, (double)requests * queriesEach, keys, keys, isAbsorbed: true),
            context,
            queriesEach
        );
    }

    private double ComputeProjectionSeconds(int tokens) =>
        _kernels.Roofs.LatentAttentionSeconds(_format, Shape(tokens, tokens, 0, 0, isAbsorbed: true));

    private LatentAttentionShape Shape(
        double requests,
        double queries,
        double keys,
        double pairs,
        bool isAbsorbed
    ) => new(_group.Latent!, _model.HiddenSize, _heads, requests, queries, keys, pairs, _kvBytes, isAbsorbed);
}
