using LlmSim.Engine;

namespace LlmSim.Performance;

/// <summary>
/// The roofline model of an instance: each operation takes as long as its arithmetic at the accelerator's peak or its
/// bytes at the memory bandwidth, whichever is longer, and operations run one after the other. The options of
/// <see cref="Semantics" /> that concern it are <see cref="Semantics.DecodeAttentionContext" />,
/// <see cref="Semantics.AttentionTensorParallelism" />, <see cref="Semantics.FlashOutput" />,
/// <see cref="Semantics.AttentionMask" />, <see cref="Semantics.LmHead" />,
/// <see cref="Semantics.TensorParallelCommunication" /> and <see cref="Semantics.BatchPadding" />. Safe for use by
/// several threads.
/// </summary>
public sealed class RooflineModel : IPerformanceModel
{
    /// <summary>Larger batches are computed anew each time, so that the table of batch sizes stays small.</summary>
    private const int LargestTabulatedBatch = 1 << 16;

    private readonly ModelDescription _model;
    private readonly Precision _precision;
    private readonly InstanceSpec _instance;
    private readonly Semantics _semantics;
    private readonly int _layers;
    private readonly Roofs _roofs;
    private readonly TokenOperation[] _linear;
    private readonly TokenOperation[] _elementwise;
    private readonly AttentionOperations _attention;
    private readonly DecodeAttentionTime _decodeAttention;
    private readonly RingAllReduce? _allReduce;

    private readonly ValueTable _prefillSeconds;

    /// <summary>By batch size: the seconds of a decode iteration that do not depend on the contexts.</summary>
    private double[] _contextFreeSeconds = [0];

    /// <summary>A model on an instance.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">Bits per value.</param>
    /// <param name="instance">The accelerators.</param>
    /// <param name="semantics">The options of the model.</param>
    /// <param name="fusedAttention">Whether attention is one kernel that keeps the scores on chip, or three.</param>
    /// <exception cref="UserErrorException">The degree of tensor parallelism does not divide the model.</exception>
    public RooflineModel(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        bool fusedAttention = true
    )
    {
        TensorParallelism.Require(model, instance.TpSize);
        precision.Validate();
        _model = model;
        _precision = precision;
        _instance = instance;
        _semantics = semantics;
        _roofs = Roofs.Of(instance.Hardware, precision);
        (_linear, _elementwise) = LayerOperations.Of(model, precision, instance.TpSize);
        _attention = new(model, precision, instance, semantics, fusedAttention);
        _decodeAttention = _attention.DecodeTime(_roofs);
        _layers = model.Layers;
        _prefillSeconds = new ValueTable(ComputePrefillSeconds);
        if (
            semantics.TensorParallelCommunication == TensorParallelCommunication.AllReduce
            && instance.TpSize > 1
        )
        {
            _allReduce = new(
                instance.TpSize,
                instance.Hardware.LinkLatencySeconds,
                instance.Hardware.LinkBytesPerSecond
            );
        }
    }

    /// <inheritdoc />
    public double PrefillSeconds(int promptTokens)
    {
        Invariant.Require(promptTokens > 0, $"a prompt of {promptTokens} tokens");
        return _prefillSeconds.Get(promptTokens);
    }

    private double ComputePrefillSeconds(int promptTokens) =>
        _layers * _attention.Seconds(_attention.PrefillShape(1, promptTokens), _roofs)
        + ContextFreeSeconds(requests: 1, tokens: promptTokens);

    /// <inheritdoc />
    public double DecodeSeconds(in DecodeBatch batch)
    {
        Invariant.Require(batch.Requests > 0, $"a decode batch of {batch.Requests} requests");
        var attentionSeconds = _decodeAttention.Seconds(batch.Requests, _attention.DecodeKeys(batch));
        return _layers * attentionSeconds + ContextFreeDecodeSeconds(batch.Requests);
    }

    /// <inheritdoc />
    public DecodeTrend DecodeTrend(in DecodeBatch batch)
    {
        Invariant.Require(batch.Requests > 0, $"a decode batch of {batch.Requests} requests");
        var attention = _decodeAttention.Trend(
            batch.Requests,
            _attention.DecodeKeys(batch),
            _attention.DecodeKeysPerIteration(batch)
        );
        return new(
            _layers * attention.Seconds + ContextFreeDecodeSeconds(batch.Requests),
            _layers * attention.GrowthSeconds,
            attention.Iterations
        );
    }

    /// <summary>The operations of the prefill of so many prompts of one length, and what they cost.</summary>
    /// <param name="requests">Prompts, at least 1.</param>
    /// <param name="promptTokens">Length of each, at least 1.</param>
    public RooflineTable PrefillTable(int requests, int promptTokens)
    {
        Invariant.Require(
            requests > 0 && promptTokens > 0,
            $"a prefill of {requests} prompts of {promptTokens} tokens"
        );
        var tokens = (double)requests * promptTokens;
        return Table(requests, tokens, cachedTokens: tokens, _attention.PrefillShape(requests, promptTokens));
    }

    /// <summary>The operations of a decode iteration, and what they cost.</summary>
    /// <param name="batch">The batch, with at least one request.</param>
    public RooflineTable DecodeTable(in DecodeBatch batch)
    {
        Invariant.Require(batch.Requests > 0, $"a decode batch of {batch.Requests} requests");
        return Table(
            batch.Requests,
            tokens: batch.Requests,
            cachedTokens: batch.ContextTokens,
            _attention.DecodeShape(batch)
        );
    }

    private double ContextFreeDecodeSeconds(int requests)
    {
        var known = _contextFreeSeconds;
        return requests < known.Length ? known[requests] : TabulateContextFreeSeconds(requests);
    }

    /// <summary>Extends the table of batch sizes to twice the size asked for; threads that race write the same values.</summary>
    private double TabulateContextFreeSeconds(int requests)
    {
        if (requests > LargestTabulatedBatch)
        {
            return ContextFreeSeconds(requests, requests);
        }

        var known = _contextFreeSeconds;
        var extended = new double[2 * requests + 1];
        known.CopyTo(extended, 0);
        for (var size = known.Length; size < extended.Length; size++)
        {
            extended[size] = ContextFreeSeconds(size, size);
        }

        _contextFreeSeconds = extended;
        return extended[requests];
    }

    private double ContextFreeSeconds(double requests, double tokens)
    {
        var layerSeconds = 2 * (_allReduce?.Seconds(HiddenBytes(tokens)) ?? 0);
        foreach (var operation in _linear)
        {
            layerSeconds += _roofs.Seconds(operation.For(tokens));
        }

        foreach (var operation in _elementwise)
        {
            layerSeconds += _roofs.Seconds(operation.For(tokens));
        }

        return _layers * layerSeconds + _roofs.Seconds(LmHead(requests));
    }

    /// <summary>The projection to the vocabulary, of the last token of each request alone.</summary>
    private OperationWork LmHead(double requests)
    {
        double hidden = _model.HiddenSize;
        double vocabulary = _model.VocabularySize;
        var bytes = _precision.ActivationBytes();
        if (_semantics.LmHead == LlmSim.LmHead.SingleOps)
        {
            return new(
                requests * hidden * vocabulary,
                hidden * vocabulary * _precision.WeightBytes(),
                hidden * bytes,
                vocabulary * bytes
            );
        }

        vocabulary /= _instance.TpSize;
        return new(
            2 * requests * hidden * vocabulary,
            hidden * vocabulary * _precision.WeightBytes(),
            requests * hidden * bytes,
            requests * vocabulary * bytes
        );
    }

    private double HiddenBytes(double tokens) => tokens * _model.HiddenSize * _precision.ActivationBytes();

    private RooflineTable Table(double requests, double tokens, double cachedTokens, AttentionShape shape)
    {
        OperationCost InLayer(string name, in OperationWork work) =>
            OperationCost.Of(name, work, _roofs, _layers);

        List<OperationCost> layer =
        [
            .. _linear.Select(operation => InLayer(operation.Name, operation.For(tokens))),
            .. _attention.Names.Select((name, index) => InLayer(name, _attention.Work(index, shape))),
            .. _elementwise.Select(operation => InLayer(operation.Name, operation.For(tokens))),
        ];
        var memory = Memory(cachedTokens, layer.Sum(operation => operation.ActivationOutBytes));
        if (_allReduce is { } allReduce)
        {
            layer.Add(OperationCost.Of("attn_all_reduce", allReduce, HiddenBytes(tokens), _layers));
            layer.Add(OperationCost.Of("mlp_all_reduce", allReduce, HiddenBytes(tokens), _layers));
        }

        return new([.. layer, OperationCost.Of("lm_head", LmHead(requests), _roofs, runs: 1)], memory);
    }

    private RooflineMemory Memory(double cachedTokens, double temporaryActivationBytes)
    {
        var weightBytes =
            _semantics.Weights == ModelBytes.Model
                ? (double)_model.WeightBytes(_precision) / _instance.TpSize
                : _layers * _linear.Sum(operation => operation.WeightBytes);
        var kvBytesPerToken =
            _semantics.KvBytesPerToken == ModelBytes.Model
                ? (double)_model.KvBytesPerToken(_precision) / _instance.TpSize
                : _layers * _linear.Sum(operation => operation.KvOutBytesPerToken);
        return new(weightBytes, kvBytesPerToken * cachedTokens, temporaryActivationBytes);
    }
}
