using LlmSim.Kernel;

namespace LlmSim.Performance.Kernels;

/// <summary>
/// An instance whose operations take what operations of their kind were measured to take on its accelerator, never less than their roofs.
/// docs/performance-models.md has the formula. It counts what it was asked beyond the measurements, so each run has one of its own.
/// </summary>
internal sealed partial class KernelModel
    : IPerformanceModel,
        IRangeReporting,
        IExchangesTokens,
        IPromptAttention
{
    private static readonly OperationEfficiency s_unmeasured = new(
        Compute: 0.5,
        Memory: ElementwiseTime.MemoryShare,
        FixedSeconds: ElementwiseTime.KernelSeconds
    );

    private readonly KernelSet _kernels;
    private readonly ModelDescription _model;
    private readonly Precision _precision;
    private readonly InstanceSpec _instance;
    private readonly LayerProducts _products;
    private readonly ElementwiseTime _elementwise;
    private readonly LayerCommunication? _communication;
    private readonly ExpertTimes? _experts;
    private readonly ExpertLoad? _load;
    private readonly TableLoad? _loadOfTables;
    private readonly KernelRange _range;
    private readonly ValueTable _tokenSeconds;
    private readonly ValueTable _headSeconds;
    private readonly ValueTable _promptSeconds;
    private readonly KernelAttention[] _attention;
    private readonly IndexAndState? _beside;

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
        if (model.MixtureOfExperts is { } experts)
        {
            _experts = new(
                kernels,
                KernelFormat.Of(_precision.Experts),
                new(
                    experts.LatentSize ?? model.HiddenSize,
                    // The tables are of three matrices.
                    experts.ExpertIntermediateSize
                        * experts.Matrices
                        / 3,
                    experts.ExpertsPerToken,
                    experts.Experts,
                    instance.ExpertParallel == 1 ? instance.TpSize : 1,
                    instance.ExpertParallel
                ),
                Tokens(kernels, instance, KernelFormat.Of(_precision.Experts))
            );
            var ofTables = new TableLoad(experts, instance.ExpertParallel);
            _load = ExpertLoad.Of(model, instance, ofTables.Skew);
            _loadOfTables = _load is null ? null : ofTables;
        }

        _tokenSeconds = new(ComputeTokenSeconds);
        _headSeconds = new(requests => model.HasLmHead ? GemmSeconds(_products.LmHead, requests) : 0);
        _promptSeconds = new(tokens => ComputeSeconds(IterationBatch.OfPrompt(tokens), tokens));
        _attention =
        [
            .. model.AttentionGroups.Select(group => new KernelAttention(
                kernels,
                model,
                group,
                _precision,
                instance.TpSize
            )),
        ];
        _beside = IndexAndState.Of(
            model,
            _precision,
            instance,
            semantics,
            Unmeasured(instance.Hardware, _precision, semantics)
        );
        _range = Range();
    }

    /// <inheritdoc />
    public int ExchangeLayers => _communication?.ExchangeLayers ?? 0;

    /// <inheritdoc />
    public double ExchangeSeconds(double tokens) => _communication!.ExpertExchangeSeconds(tokens);

    /// <inheritdoc />
    public double LayerSeconds(int group, in IterationBatch prompts) => _attention[group].Seconds(prompts);

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
        var all = new DecodeTrend(
            ContextFreeSeconds(batch, Math.Max(batch.Tokens, batch.GroupTokens)),
            0,
            int.MaxValue
        );
        all = _beside is null ? all : all.Plus(_beside.Trend(batch));
        foreach (var attention in _attention)
        {
            all = all.Plus(attention.Trend(batch), attention.Layers);
        }

        return all;
    }

    private double ComputeSeconds(in IterationBatch batch, int tokens)
    {
        var seconds = ContextFreeSeconds(batch, tokens) + (_beside?.Seconds(batch) ?? 0);
        foreach (var attention in _attention)
        {
            seconds += attention.Layers * attention.Seconds(batch);
        }

        return seconds;
    }

    /// <summary>What there are no measurements of reaches these shares of its roofs, as docs/performance-models.md says.</summary>
    private static RoofSet Unmeasured(HardwareDescription hardware, Precision precision, Semantics semantics)
    {
        var roofs = RoofSet.Of(hardware, precision, Calibration.None, semantics.ArithmeticRate);
        return roofs with
        {
            PrefillAttention = roofs.PrefillAttention.Lowered(s_unmeasured),
            DecodeAttention = roofs.DecodeAttention.Lowered(s_unmeasured),
        };
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
    private static ExpertTokens Tokens(KernelSet kernels, InstanceSpec instance, KernelFormat format)
    {
        if (instance.ExpertParallel <= instance.TpSize)
        {
            return ExpertTokens.Gathered;
        }

        ExpertTokens? sent = instance.AllToAllBackend switch
        {
            AllToAllBackend.DeepEpLowLatency => ExpertTokens.SentFew,
            AllToAllBackend.DeepEpHighThroughput => ExpertTokens.SentMany,
            _ => null,
        };
        return sent is { } way && kernels.HasExpertsOf(way) ? way
            : kernels.HasExpertsOf(ExpertTokens.GatheredFromGroup, format) ? ExpertTokens.GatheredFromGroup
            : ExpertTokens.Gathered;
    }

    /// <summary>How far the tables reach for this model.</summary>
    private KernelRange Range()
    {
        var lastTokens = _experts is null ? int.MaxValue : (int)(_experts.LastTokens / GroupSize);
        var hasWeights = true;
        foreach (var product in _products.OfLayers.Concat(_products.OfSharedExperts))
        {
            var (tokens, has) = _kernels.GemmRange(product.Format, product.Outputs, product.Inputs);
            lastTokens = Math.Min(lastTokens, tokens);
            hasWeights &= has;
        }

        return new(
            lastTokens,
            hasWeights,
            _attention.Min(attention => attention.LastPromptTokens),
            _attention.Min(attention => attention.LastDecodeRequests),
            _attention.Min(attention => attention.LastContext)
        );
    }

    /// <summary>Instances whose tokens come to the experts of each.</summary>
    private double GroupSize => Math.Max(1, _instance.ExpertParallel / _instance.TpSize);

    private double ContextFreeSeconds(in IterationBatch batch, int tokens) =>
        _tokenSeconds.Get(tokens) + _headSeconds.Get(batch.LogitTokens);
}
