namespace LlmSim.Performance;

/// <summary>
/// How the tokens of data-parallel instances come to experts that are divided over all of them, and back. Instances of one group
/// that do not divide attention's tokens (tensor parallelism alone) have every token on every rank and exchange none.
/// </summary>
internal sealed class ExpertExchange
{
    /// <summary>FP8 goes in groups of so many values with a 32-bit scale.</summary>
    private const double ValuesOfScale = 128;

    private const double ScaleBytes = 4;

    private readonly CollectiveTimes _collectives;
    private readonly AllToAllBackend _backend;
    private readonly int _ranks;
    private readonly int _tensorRanks;
    private readonly int _expertsPerToken;
    private readonly double _hiddenBytes;
    private readonly double _routerBytes;
    private readonly double _dispatchBytes;

    private ExpertExchange(
        ModelDescription model,
        MixtureOfExperts experts,
        Precision precision,
        InstanceSpec instance,
        CollectiveTimes collectives
    )
    {
        _collectives = collectives;
        _backend = instance.AllToAllBackend;
        _ranks = instance.ExpertParallel;
        _tensorRanks = instance.TpSize;
        _expertsPerToken = experts.ExpertsPerToken;
        _hiddenBytes = model.HiddenSize * precision.HiddenState.BytesPerValue;
        _routerBytes = experts.Experts * precision.HiddenState.BytesPerValue;
        _dispatchBytes =
            precision.Experts.Activation.Bits <= 8
                ? model.HiddenSize * (1 + ScaleBytes / ValuesOfScale)
                : _hiddenBytes;
    }

    /// <summary>Null where no token has to go to another rank.</summary>
    public static ExpertExchange? Of(
        ModelDescription model,
        Precision precision,
        InstanceSpec instance,
        CollectiveTimes collectives
    ) =>
        model.MixtureOfExperts is { } experts && instance.ExpertParallel > instance.TpSize
            ? new(model, experts, precision, instance, collectives)
            : null;

    /// <summary>Seconds in a layer, for so many tokens of each instance.</summary>
    public double Seconds(double tokens) =>
        ToExperts(tokens).Seconds + FromExperts(tokens).Seconds + ToTensorRanks(tokens).Seconds;

    /// <summary>What is done in a layer: the bytes that each rank sends, and seconds.</summary>
    public IEnumerable<(string Name, Exchange Exchange)> Operations(double tokens)
    {
        var gathers = _backend == AllToAllBackend.AllGatherReduceScatter;
        yield return (gathers ? "expert_all_gather" : "expert_dispatch", ToExperts(tokens));
        yield return (gathers ? "expert_reduce_scatter" : "expert_combine", FromExperts(tokens));
        if (_tensorRanks > 1)
        {
            yield return ("hidden_all_gather", ToTensorRanks(tokens));
        }
    }

    private Exchange ToExperts(double tokens)
    {
        var tokensOfRank = tokens / _tensorRanks;
        // In a gather of fewer tokens than ranks each rank sends one all the same.
        return _backend == AllToAllBackend.AllGatherReduceScatter
            ? Gather(_ranks, _ranks * Math.Max(1, Math.Floor(tokensOfRank)) * (_hiddenBytes + _routerBytes))
            : Send(tokensOfRank, _dispatchBytes);
    }

    private Exchange FromExperts(double tokens)
    {
        var tokensOfRank = tokens / _tensorRanks;
        return _backend == AllToAllBackend.AllGatherReduceScatter
            ? Gather(_ranks, _ranks * tokensOfRank * _hiddenBytes)
            : Send(tokensOfRank, _hiddenBytes);
    }

    /// <summary>Each tensor-parallel rank has its part of the tokens then, and attention wants them all on each.</summary>
    private Exchange ToTensorRanks(double tokens) => Gather(_tensorRanks, tokens * _hiddenBytes);

    private Exchange Gather(int ranks, double bytes) =>
        new((ranks - 1.0) / ranks * bytes, _collectives.GatherSeconds(ranks, bytes));

    private Exchange Send(double tokensOfRank, double tokenBytes) =>
        new(
            tokensOfRank * _expertsPerToken * tokenBytes * (_ranks - 1) / _ranks,
            _backend == AllToAllBackend.DeepEpLowLatency
                ? _collectives.FewTokensSeconds(_ranks, tokensOfRank, _expertsPerToken, tokenBytes)
                : _collectives.ManyTokensSeconds(_ranks, tokensOfRank, _expertsPerToken, tokenBytes)
        );

    /// <summary>One exchange of a layer.</summary>
    /// <param name="SentBytes">Bytes that each rank sends.</param>
    /// <param name="Seconds">Seconds that it takes.</param>
    internal readonly record struct Exchange(double SentBytes, double Seconds);
}
