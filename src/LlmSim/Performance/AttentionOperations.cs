namespace LlmSim.Performance;

/// <summary>
/// Attention of one layer of a group on one accelerator, between the projections. Latent attention has two forms of equal result:
/// prompts expand the latent vectors to keys and values of each head, which takes fewer operations a pair; decoding
/// requests instead take the expansion into their queries and outputs, so that they read one latent vector a token.
/// </summary>
internal sealed partial class AttentionOperations
{
    private readonly Semantics _semantics;
    private readonly bool _fused;
    private readonly AttentionWindow? _window;
    private readonly string _name = "fused_attention";
    private readonly double _heads;
    private readonly double _kvHeads;
    private readonly double _headSize;
    private readonly double _activationBytes;
    private readonly double _kvBytes;
    private readonly double _blockRows;
    private readonly FusedAttention _fusedPrefill;
    private readonly FusedAttention _fusedDecode;

    /// <summary>Of layers whose tokens are chosen by an indexer, each query for itself: that of prompts longer than they see.</summary>
    private readonly FusedAttention? _fusedChosen;

    /// <summary>Of latent attention, by key of a prompt; else none.</summary>
    private readonly TokenOperation[] _expansion = [];

    /// <summary>Of latent attention, by decoding request; else none.</summary>
    private readonly TokenOperation[] _absorption = [];

    public AttentionOperations(
        AttentionGroup group,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        bool fused
    )
    {
        var divisor =
            semantics.AttentionTensorParallelism == AttentionTensorParallelism.Divided ? instance.TpSize : 1;
        _semantics = semantics;
        _fused = fused;
        _window = group.Window;
        _heads = (double)group.Heads / divisor;
        _kvHeads = TensorParallelism.KvHeadsEach(group, divisor);
        _headSize = group.HeadSize;
        _activationBytes = precision.Attention.BytesPerValue;
        _kvBytes = precision.KvCache.BytesPerValue;
        _blockRows = Math.Min(
            Math.Ceiling(instance.Hardware.OnChipBufferBytes / (_kvBytes * _headSize)),
            _headSize
        );
        var isPlain = group is { Latent: null, Window: null } && group.HeadSize == group.ValueHeadSize;
        if (!fused && !isPlain)
        {
            throw new UserErrorException(
                $"flash_attention: attention that is latent, has a window, or keys and values of different widths is known as one kernel only; allowed is true."
            );
        }

        if (group.Latent is not { } latent)
        {
            var valueSize = group.ValueHeadSize;
            _fusedPrefill = Heads(_headSize, valueSize, (_headSize + valueSize) * _kvHeads * _kvBytes);
            _fusedDecode = _fusedPrefill;
            return;
        }

        var expandedSize = _headSize + latent.ValueHeadSize;
        _fusedPrefill = Heads(_headSize, latent.ValueHeadSize, expandedSize * _heads * _activationBytes);
        _fusedDecode = Heads(latent.CachedSize, latent.KvRank, latent.CachedSize * _kvBytes);
        _fusedChosen = group.Indexer is null ? null : _fusedDecode;
        _expansion =
        [
            Product("kv_b_proj", latent.KvRank, latent.NopeHeadSize + latent.ValueHeadSize, precision) with
            {
                ActivationInBytesPerToken = latent.KvRank * _kvBytes,
            },
        ];
        _absorption =
        [
            Product("q_absorb", latent.NopeHeadSize, latent.KvRank, precision) with
            {
                ActivationInBytesPerToken = latent.NopeHeadSize * _heads * _activationBytes,
            },
            Product("v_absorb", latent.KvRank, latent.ValueHeadSize, precision) with
            {
                ActivationInBytesPerToken = latent.KvRank * _heads * _activationBytes,
            },
        ];
    }

    /// <summary>The operations on prompts, for a table: one when fused, else three.</summary>
    public IEnumerable<(string Name, OperationWork Work)> PrefillOperations(AttentionShape shape) =>
        [
            .. _expansion.Select(operation => (operation.Name, operation.For(shape.Keys))),
            .. _fused ? [(_name, PrefillWork(shape))] : Unfused(shape),
        ];

    /// <summary>The operations on decoding requests, for a table.</summary>
    public IEnumerable<(string Name, OperationWork Work)> DecodeOperations(AttentionShape shape) =>
        [
            .. _absorption.Select(operation => (operation.Name, operation.For(shape.Queries))),
            .. _fused ? [(_name, _fusedDecode.For(shape, _semantics.FlashOutput))] : Unfused(shape),
        ];

    /// <summary>Whether an operation is a product with weights rather than attention proper.</summary>
    public bool IsProduct(string name) =>
        Array.Exists(_expansion, operation => operation.Name == name)
        || Array.Exists(_absorption, operation => operation.Name == name);

    /// <summary>Seconds of the attention of prompts.</summary>
    public double PrefillSeconds(in AttentionShape shape, RoofSet roofs)
    {
        var seconds = _fused
            ? roofs.PrefillAttention.Seconds(PrefillWork(shape))
            : UnfusedSeconds(shape, roofs.PrefillAttention);
        return seconds + ExpansionSeconds(shape, roofs);
    }

    /// <summary>
    /// Seconds of the attention of prompts and decoding requests in one kernel: their work adds up, and the longest context
    /// is passed meanwhile.
    /// </summary>
    public double MixedSeconds(in IterationBatch batch, in DecodeAttentionTime decodeTime, RoofSet roofs)
    {
        var prefill = ChunkShape(batch);
        var keys = DecodeKeys(batch.Decode);
        if (!_fused)
        {
            return PrefillSeconds(prefill, roofs) + decodeTime.Seconds(batch.DecodeRequests, keys);
        }

        var prefillRoofs = roofs.PrefillAttention;
        var prefillWork = PrefillWork(prefill);
        var longestKeys = Math.Max(prefill.LongestKeys, Seen(batch.DecodeComputedTokensMax));
        return ExpansionSeconds(prefill, roofs)
            + prefillRoofs.LaunchSeconds
            + decodeTime.LaunchSeconds
            + Math.Max(
                prefillRoofs.UnderRoofs(prefillWork) + decodeTime.UnderRoofs(batch.DecodeRequests, keys),
                longestKeys * prefillRoofs.KeySeconds
            );
    }

    /// <summary>Seconds of what latent attention adds for so many decoding requests; else 0.</summary>
    public double AbsorptionSeconds(double requests, RoofSet roofs)
    {
        var seconds = 0.0;
        foreach (var operation in _absorption)
        {
            seconds += roofs.Projections.Seconds(operation.For(requests));
        }

        return seconds;
    }

    /// <summary>Every token of each prompt asks all tokens of its prompt, or those up to itself.</summary>
    public AttentionShape PrefillShape(double requests, double promptTokens)
    {
        var scores = requests * promptTokens * promptTokens;
        var pairs =
            _window is not null ? requests * _window.Pairs(promptTokens, computed: 0)
            : _fused && _semantics.AttentionMask == AttentionMask.Causal
                ? requests * promptTokens * (promptTokens + 1) / 2
            : scores;
        var rowBlocks = Math.Ceiling(promptTokens / _blockRows);
        return new(
            Queries: requests * promptTokens,
            Pairs: pairs,
            Scores: scores,
            Keys: requests * promptTokens,
            KeysRead: rowBlocks * pairs / promptTokens,
            LongestKeys: Seen(promptTokens),
            LongestContext: promptTokens
        );
    }

    /// <summary>
    /// Chunks of prompts after what was computed before: exact for one chunk, and for several as if each had the mean
    /// length, since the batch gives sums.
    /// </summary>
    public AttentionShape ChunkShape(in IterationBatch batch)
    {
        var chunkTokens = (double)batch.PrefillTokens / batch.PrefillRequests;
        double causalPairs = batch.PrefillAttentionPairs;
        var scores = 2 * causalPairs - chunkTokens * batch.PrefillComputedTokens - batch.PrefillTokens;
        var pairs = _fused && _semantics.AttentionMask == AttentionMask.Causal ? causalPairs : scores;
        double keys = batch.PrefillTokens + batch.PrefillComputedTokens;
        var context = keys / batch.PrefillRequests;
        if (_window is not null)
        {
            (pairs, keys) = batch.Seen(_window);
        }

        return new(
            Queries: batch.PrefillTokens,
            Pairs: pairs,
            Scores: scores,
            Keys: keys,
            KeysRead: Math.Ceiling(chunkTokens / _blockRows) * pairs / chunkTokens,
            LongestKeys: Seen(context),
            LongestContext: context
        );
    }

    /// <summary>One token of each request asks the tokens of its context: a single row, so each key is read once.</summary>
    public AttentionShape DecodeShape(in DecodeBatch batch) => DecodeShape(batch.Requests, DecodeKeys(batch));

    /// <summary>The time of decode attention as a function of requests and keys, in both of which its work is linear.</summary>
    public DecodeAttentionTime DecodeTime(in Roofs roofs)
    {
        var key = DecodeShape(requests: 0, keys: 1);
        if (!_fused)
        {
            // Here requests add nothing, so that either roof is in proportion to the keys.
            var launchSeconds = Launches * roofs.LaunchSeconds;
            var secondsPerKey = UnfusedSeconds(key, roofs) - launchSeconds;
            return new(secondsPerKey, secondsPerKey, 0, launchSeconds);
        }

        var keyWork = _fusedDecode.For(key, _semantics.FlashOutput);
        var requestWork = _fusedDecode.For(DecodeShape(requests: 1, keys: 0), _semantics.FlashOutput);
        return new(
            keyWork.Ops / roofs.OpsPerSecond,
            keyWork.MemoryBytes / roofs.MemoryBytesPerSecond,
            requestWork.MemoryBytes / roofs.MemoryBytesPerSecond,
            Launches * roofs.LaunchSeconds
        );
    }

    private double ExpansionSeconds(in AttentionShape shape, RoofSet roofs)
    {
        var seconds = 0.0;
        foreach (var operation in _expansion)
        {
            seconds += roofs.Projections.Seconds(operation.For(shape.Keys));
        }

        return seconds;
    }

    private double Seen(double tokens) => _window is null ? tokens : Math.Min(tokens, _window.Tokens);

    private OperationWork PrefillWork(in AttentionShape shape)
    {
        if (_fusedChosen is not { } chosen || shape.LongestContext <= _window!.Tokens)
        {
            return _fusedPrefill.For(shape, _semantics.FlashOutput);
        }

        // Each query reads what was chosen for it.
        return chosen.For(shape with { KeysRead = shape.Pairs }, _semantics.FlashOutput);
    }

    private int Launches => _fused ? 1 : 3;

    private static AttentionShape DecodeShape(double requests, double keys) =>
        new(Queries: requests, Pairs: keys, Scores: keys, Keys: keys, KeysRead: keys);

    private FusedAttention Heads(double keySize, double valueSize, double keyBytes) =>
        new(
            OpsPerPair: _heads * (2 * keySize + 2 * valueSize + 5),
            QueryBytes: keySize * _heads * _activationBytes,
            OutputBytes: valueSize * _heads * _activationBytes,
            ScoreBytes: _heads * _activationBytes,
            KeyBytes: keyBytes
        );

    /// <summary>A product for each head with a matrix of its own.</summary>
    private TokenOperation Product(string name, double input, double output, Precision precision) =>
        new(
            name,
            2 * input * output * _heads,
            input * output * _heads * precision.Projections.Weight.BytesPerValue,
            input * _activationBytes,
            output * _heads * _activationBytes
        );
}
