using LlmSim.Kernel;

namespace LlmSim.Performance.Kernels;

/// <summary>
/// An instance whose operations take what operations of their kind were measured to take on its accelerator, never less than their roofs.
/// docs/performance-models.md has the formula. It counts what it was asked beyond the measurements, so each run has one of its own.
/// </summary>
internal sealed partial class KernelModel : IPerformanceModel, IRangeReporting
{
    private readonly KernelSet _kernels;
    private readonly ModelDescription _model;
    private readonly Precision _precision;
    private readonly InstanceSpec _instance;
    private readonly LayerProducts _products;
    private readonly ElementwiseTime _elementwise;
    private readonly LayerCommunication? _communication;
    private readonly double _heads;
    private readonly double _kvHeads;
    private readonly double _kvBytes;
    private readonly ExpertTimes? _experts;
    private readonly KernelRange _range;
    private readonly ValueTable _tokenSeconds;
    private readonly ValueTable _headSeconds;
    private readonly ValueTable _promptSeconds;
    private readonly ValueTable _projectionSeconds;
    private readonly KernelGrid _promptAttention;
    private readonly DecodeAttentionCurves _decodeAttention;

    /// <summary>A model on an instance.</summary>
    /// <exception cref="UserErrorException">The instance does not fit the model, or what it needs was not measured.</exception>
    public KernelModel(
        KernelSet kernels,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        Semantics semantics
    )
    {
        model.RequireFullAttention();
        TensorParallelism.Require(model, instance.TpSize, semantics);
        ExpertParallelism.Require(model, instance);
        Require(kernels, model);
        _kernels = kernels;
        _model = model;
        _precision = precision.On(instance.Hardware);
        _instance = instance;
        _products = new(model, _precision, instance.TpSize);
        _elementwise = new(model, instance.TpSize, kernels.Roofs);
        _communication = LayerCommunication.Of(
            model,
            _precision,
            instance,
            CollectiveTimes.Measured(instance)
        );
        _heads = (double)model.AttentionHeads / instance.TpSize;
        _kvHeads = TensorParallelism.KvHeadsEach(model, instance.TpSize);
        _kvBytes = _precision.KvCache.BytesPerValue;
        if (model.MixtureOfExperts is { } experts)
        {
            _experts = new(
                kernels,
                KernelFormat.Of(_precision.Experts),
                new(
                    model.HiddenSize,
                    experts.ExpertIntermediateSize,
                    experts.ExpertsPerToken,
                    experts.Experts,
                    instance.ExpertParallel == 1 ? instance.TpSize : 1,
                    instance.ExpertParallel
                ),
                Tokens(kernels, instance)
            );
        }

        _tokenSeconds = new(ComputeTokenSeconds);
        _headSeconds = new(requests => GemmSeconds(_products.LmHead, requests));
        _promptSeconds = new(tokens => ComputeSeconds(IterationBatch.OfPrompt(tokens), tokens));
        _projectionSeconds = new(ComputeProjectionSeconds);
        KernelGrid decode;
        // Found once: a grid's name is a text, and iterations ask often.
        if (model.LatentAttention is null)
        {
            _promptAttention = kernels.PromptAttentionGrid(model.HeadSize, _kvBytes);
            decode = kernels.DecodeAttentionGrid(model.HeadSize, _kvBytes);
            _decodeAttention = new(
                decode.Axes[1],
                (requests, context) => DecodeAttentionSeconds(decode, requests, context)
            );
        }
        else
        {
            var format = KernelFormat.Of(_precision.Projections);
            _promptAttention = kernels.LatentAttentionGrid(isDecode: false, format, _kvBytes);
            decode = kernels.LatentAttentionGrid(isDecode: true, format, _kvBytes);
            _decodeAttention = new(
                decode.Axes[2],
                (requests, context) => LatentDecodeSeconds(decode, requests, context)
            );
        }

        _range = Range(decode);
    }

    /// <inheritdoc />
    public long Iterations => _range.Iterations;

    /// <inheritdoc />
    public long IterationsOutOfRange => _range.IterationsOutOfRange;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange => _range.OutOfRange;

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch)
    {
        var tokens = Math.Max(batch.Tokens, batch.GroupTokens);
        Invariant.Require(tokens > 0, $"an iteration of {tokens} tokens");
        _range.Count(batch);
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
        _range.Count(batch);
        var requests = batch.DecodeRequests;
        var attention = _decodeAttention.Trend(requests, batch.Decode.ContextTokens);
        return new(
            ContextFreeSeconds(requests, Math.Max(requests, batch.GroupTokens))
                + _model.Layers * attention.Seconds,
            _model.Layers * attention.GrowthSeconds,
            attention.Iterations
        );
    }

    private double ComputeSeconds(in IterationBatch batch, int tokens)
    {
        var attention = 0.0;
        if (batch.DecodeRequests > 0)
        {
            attention += _decodeAttention.Seconds(batch.DecodeRequests, batch.Decode.ContextTokens);
        }

        if (batch.PrefillRequests > 0)
        {
            attention += PromptAttentionSeconds(
                batch.PrefillRequests,
                batch.PrefillTokens,
                batch.PrefillTokens + batch.PrefillComputedTokens,
                batch.PrefillAttentionPairs
            );
            if (batch.DecodeRequests > 0 && _model.LatentAttention is not null)
            {
                // Both measurements have the projections, whose weights one iteration reads once.
                attention -= _projectionSeconds.Get(batch.DecodeRequests);
            }
        }

        return ContextFreeSeconds(batch.Requests, tokens) + _model.Layers * attention;
    }

    private static void Require(KernelSet kernels, ModelDescription model)
    {
        var missing =
            model.LatentAttention is not null && !kernels.HasLatentAttention ? "latent attention"
            : model.MixtureOfExperts is not null && !kernels.HasExperts ? "experts"
            : null;
        if (missing is not null)
        {
            throw new UserErrorException(
                $"performance: {model.Id} has {missing}, which was not measured on {kernels.Source.Hardware} under {kernels.Source.Engine}"
            );
        }
    }

    /// <summary>How tokens come to the experts; gathered ones stand for those that were not measured.</summary>
    private static ExpertTokens Tokens(KernelSet kernels, InstanceSpec instance)
    {
        var come =
            instance.ExpertParallel <= instance.TpSize ? ExpertTokens.Gathered
            : instance.AllToAllBackend == AllToAllBackend.DeepEpLowLatency ? ExpertTokens.SentFew
            : instance.AllToAllBackend == AllToAllBackend.DeepEpHighThroughput ? ExpertTokens.SentMany
            : ExpertTokens.Gathered;
        return kernels.HasExpertsOf(come) ? come : ExpertTokens.Gathered;
    }

    /// <summary>How far the tables reach for this model.</summary>
    private KernelRange Range(KernelGrid decode)
    {
        var lastTokens = _experts is null ? int.MaxValue : (int)(_experts.LastTokens / GroupSize);
        var hasWeights = true;
        foreach (var product in _products.OfLayers.Concat(_products.OfSharedExperts))
        {
            var (tokens, has) = _kernels.GemmRange(product.Format, product.Outputs, product.Inputs);
            lastTokens = Math.Min(lastTokens, tokens);
            hasWeights &= has;
        }

        return _model.LatentAttention is null
            ? new(
                lastTokens,
                hasWeights,
                _promptAttention.Axes[1][^1],
                decode.Axes[0][^1] / _kvHeads,
                decode.Axes[1][^1]
            )
            : new(
                lastTokens,
                hasWeights,
                _promptAttention.Axes[2][^1],
                decode.Axes[1][^1],
                decode.Axes[2][^1]
            );
    }

    /// <summary>Instances whose tokens come to the experts of each.</summary>
    private double GroupSize => Math.Max(1, _instance.ExpertParallel / _instance.TpSize);

    private double ContextFreeSeconds(int requests, int tokens) =>
        _tokenSeconds.Get(tokens) + _headSeconds.Get(requests);
}
