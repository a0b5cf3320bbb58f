using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance.Catalog;

namespace LlmSim.Performance.Roofline;

/// <summary>
/// The roofline model of an instance: each operation takes as long as its arithmetic at the accelerator's peak or its
/// bytes at the memory bandwidth, whichever is longer, and operations run one after the other. The options of
/// <see cref="Semantics" /> that concern it are <see cref="Semantics.DecodeAttentionContext" />,
/// <see cref="Semantics.AttentionTensorParallelism" />, <see cref="Semantics.FlashOutput" />,
/// <see cref="Semantics.AttentionMask" />, <see cref="Semantics.LmHead" />,
/// <see cref="Semantics.TensorParallelCommunication" />, <see cref="Semantics.ArithmeticRate" />,
/// <see cref="Semantics.EmbeddingFormat" />, <see cref="Semantics.HiddenStateFormat" />,
/// <see cref="Semantics.HardwareFigures" /> and <see cref="Semantics.BatchPadding" />. Safe for use by several threads.
/// </summary>
public sealed class RooflineModel : IPerformanceModel, IExchangesTokens, IPromptAttention
{
    private readonly ModelDescription _model;
    private readonly Precision _precision;
    private readonly InstanceSpec _instance;
    private readonly Semantics _semantics;
    private readonly Calibration _calibration;
    private readonly RoofSet _roofs;
    private readonly LayerOperations _operations;
    private readonly RooflineAttention _attention;
    private readonly LayerCommunication? _communication;

    /// <summary>By length of a prompt alone.</summary>
    private readonly ValueTable _promptSeconds;

    /// <summary>By tokens: the seconds of the layers without attention.</summary>
    private readonly ValueTable _layerSeconds;

    /// <summary>By requests: the seconds of lm_head.</summary>
    private readonly ValueTable _headSeconds;

    /// <summary>A model on an instance.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">The format of every operand.</param>
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
        : this(model, precision, instance, semantics, fusedAttention, calibration: null) { }

    /// <summary>The same with what the accelerator reaches of its roofs.</summary>
    internal RooflineModel(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics,
        bool fusedAttention,
        Calibration? calibration
    )
    {
        TensorParallelism.Require(model, instance.TpSize, semantics);
        ExpertParallelism.Require(model, instance);
        instance = instance.WithFigures(semantics);
        _model = model;
        _precision = precision.Under(semantics).On(instance.Hardware);
        _instance = instance;
        _semantics = semantics;
        _calibration = calibration ?? Calibration.None;
        _roofs = RoofSet.Of(instance.Hardware, _precision, _calibration, semantics.ArithmeticRate);
        _operations = new(model, _precision, instance);
        _attention = new(model, _precision, instance, semantics, _roofs, fusedAttention);
        _promptSeconds = new ValueTable(tokens => ComputeSeconds(IterationBatch.OfPrompt(tokens), tokens));
        _layerSeconds = new ValueTable(tokens => LayerSeconds(tokens));
        _headSeconds = new ValueTable(requests =>
            model.HasLmHead ? _roofs.LmHead.Seconds(LmHead(requests)) : 0
        );
        if (semantics.TensorParallelCommunication == TensorParallelCommunication.AllReduce)
        {
            _communication = LayerCommunication.Of(
                model,
                _precision,
                instance,
                CollectiveTimes.Of(instance, _calibration.Link)
            );
        }
    }

    /// <summary>
    /// Seconds of an iteration: the linear operations run on all its tokens together, the work of the attention of
    /// prefill and of decode adds up, and lm_head runs once for each request.
    /// </summary>
    /// <inheritdoc />
    public double Seconds(in IterationBatch batch)
    {
        var tokens = Math.Max(batch.Tokens, batch.GroupTokens);
        Invariant.Require(tokens > 0, $"an iteration of {tokens} tokens");
        return batch.IsPromptFromItsStart && tokens == batch.PrefillTokens
            ? _promptSeconds.Get(tokens)
            : ComputeSeconds(batch, tokens);
    }

    /// <inheritdoc />
    public DecodeTrend Trend(in IterationBatch batch)
    {
        Invariant.Require(
            batch is { DecodeRequests: > 0, PrefillRequests: 0 },
            $"a trend of {batch.DecodeRequests} requests that decode and {batch.PrefillRequests} of prompts"
        );
        var attention = _attention.Trend(batch);
        return attention with
        {
            Seconds =
                attention.Seconds + ContextFreeSeconds(batch, Math.Max(batch.Tokens, batch.GroupTokens)),
        };
    }

    private double ComputeSeconds(in IterationBatch batch, int tokens) =>
        _attention.Seconds(batch) + ContextFreeSeconds(batch, tokens);

    /// <summary>The operations of the prefill of so many prompts of one length, and what they cost.</summary>
    /// <param name="requests">Prompts, at least 1.</param>
    /// <param name="promptTokens">Length of each, at least 1.</param>
    internal RooflineTable PrefillTable(int requests, int promptTokens)
    {
        Invariant.Require(
            requests > 0 && promptTokens > 0,
            $"a prefill of {requests} prompts of {promptTokens} tokens"
        );
        var tokens = (double)requests * promptTokens;
        var attention = _attention.PrefillCosts(requests, promptTokens);
        return Table(requests, tokens, contextTokens: promptTokens, attention);
    }

    /// <summary>The operations of a decode iteration, and what they cost.</summary>
    /// <param name="batch">The batch, with at least one request.</param>
    internal RooflineTable DecodeTable(in DecodeBatch batch)
    {
        Invariant.Require(batch.Requests > 0, $"a decode batch of {batch.Requests} requests");
        return Table(
            batch.Requests,
            tokens: batch.Requests,
            contextTokens: (double)batch.ContextTokens / batch.Requests,
            _attention.DecodeCosts(batch)
        );
    }

    int IExchangesTokens.ExchangeLayers => _communication?.ExchangeLayers ?? 0;

    double IExchangesTokens.ExchangeSeconds(double tokens) => _communication!.ExpertExchangeSeconds(tokens);

    double IPromptAttention.LayerSeconds(int group, in IterationBatch prompts) =>
        _attention.LayerSeconds(group, prompts);

    private double ContextFreeSeconds(in IterationBatch batch, int tokens) =>
        _layerSeconds.Get(tokens)
        + _headSeconds.Get(batch.LogitTokens)
        + _calibration.IterationSeconds
        + batch.Requests * _calibration.RequestSeconds;

    private double LayerSeconds(double tokens)
    {
        var seconds =
            Seconds(_operations.Projections, tokens, _roofs.Projections)
            + Seconds(_operations.Elementwise, tokens, _roofs.Elementwise)
            + (_communication?.AllReducesSeconds(tokens) ?? 0)
            + Seconds(_operations.Mlps, tokens, _roofs.Mlp);
        return _model.ExpertLayers > 0 ? seconds + _model.ExpertLayers * ExpertSeconds(tokens) : seconds;
    }

    /// <summary>Seconds of what a layer with experts has in the place of the MLP.</summary>
    private double ExpertSeconds(double tokens)
    {
        var seconds =
            Seconds(_operations.Router, tokens, _roofs.Router)
            + Seconds(_operations.SharedExperts, tokens, _roofs.SharedExperts)
            + (_communication?.ExpertExchangeSeconds(tokens) ?? 0);
        foreach (var operation in _operations.Experts)
        {
            seconds += _roofs.Experts.Seconds(operation.For(tokens));
        }

        return seconds;
    }

    private static double Seconds(LayerPart[] parts, double tokens, in Roofs roofs)
    {
        var seconds = 0.0;
        foreach (var part in parts)
        {
            seconds += part.Layers * Seconds(part.Operations, tokens, roofs);
        }

        return seconds;
    }

    private static double Seconds(TokenOperation[] operations, double tokens, in Roofs roofs)
    {
        var seconds = 0.0;
        foreach (var operation in operations)
        {
            seconds += roofs.Seconds(operation.For(tokens));
        }

        return seconds;
    }

    private OperationWork LmHead(double requests) =>
        _semantics.LmHead == Options.LmHead.SingleOps
            ? LmHeadWork.SingleOps(_model, _precision, requests)
            : LmHeadWork.Full(_model, _precision, _instance.TpSize, requests);

    private RooflineTable Table(
        double requests,
        double tokens,
        double contextTokens,
        IEnumerable<OperationCost> attention
    )
    {
        var expertLayers = _model.ExpertLayers;
        List<OperationCost> layer =
        [
            .. Costs(_operations.Projections, tokens, _roofs.Projections),
            .. Costs(_operations.Mlps, tokens, _roofs.Mlp),
            .. Costs(new LayerPart(_operations.Router, expertLayers), tokens, _roofs.Router),
            .. Costs(new LayerPart(_operations.SharedExperts, expertLayers), tokens, _roofs.SharedExperts),
            .. _operations.Experts.Select(operation =>
                OperationCost.Of(operation.Name, operation.For(tokens), _roofs.Experts, expertLayers)
            ),
            .. attention,
            .. Costs(_operations.Elementwise, tokens, _roofs.Elementwise),
        ];
        var memory = Memory(requests, contextTokens, layer.Sum(operation => operation.ActivationOutBytes));
        layer.AddRange(_communication?.Costs(tokens) ?? []);
        var lmHead = OperationCost.Of("lm_head", LmHead(requests), _roofs.LmHead, runs: 1);
        var beside = _calibration.IterationSeconds + requests * _calibration.RequestSeconds;
        return new(
            beside > 0 ? [.. layer, lmHead, OperationCost.Overhead(beside)] : [.. layer, lmHead],
            memory
        );
    }

    private static IEnumerable<OperationCost> Costs(LayerPart[] parts, double tokens, Roofs roofs) =>
        parts.SelectMany(part => Costs(part, tokens, roofs));

    private static IEnumerable<OperationCost> Costs(LayerPart part, double tokens, Roofs roofs) =>
        part.Layers == 0
            ? []
            : part.Operations.Select(operation =>
                OperationCost.Of(operation.Name, operation.For(tokens), roofs, part.Layers)
            );

    private RooflineMemory Memory(double requests, double contextTokens, double temporaryActivationBytes)
    {
        var parts = _operations.Projections.Concat(_operations.Mlps).ToArray();
        var weightBytes =
            _semantics.Weights == ModelBytes.Model
                ? (double)KvCapacity.WeightBytes(_model, _precision, _instance, _semantics) / _instance.TpSize
                : parts.Sum(part => part.Layers * part.Operations.Sum(operation => operation.WeightBytes));
        var divisor = (double)_instance.TpSize / TensorParallelism.KvCopies(_model, _instance.TpSize);
        var kvBytes =
            _semantics.KvBytesPerToken == ModelBytes.Model
                ? KvFootprint.Of(_model, _precision).Bytes(contextTokens) / divisor
                : contextTokens
                    * parts.Sum(part =>
                        part.Layers * part.Operations.Sum(operation => operation.KvOutBytesPerToken)
                    );
        return new(weightBytes, requests * kvBytes, temporaryActivationBytes);
    }
}
