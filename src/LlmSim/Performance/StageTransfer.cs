namespace LlmSim.Performance;

/// <summary>
/// What goes from one stage of a pipeline to the next: hidden states and residuals of all tokens of an iteration. Each tensor-parallel rank sends
/// its share to the rank of the same number, and the ranks that get them gather the rest from each other, as vLLM's send_tensor_dict does.
/// </summary>
internal sealed class StageTransfer
{
    /// <summary>Hidden states, and residuals that the next layer adds to them.</summary>
    private const int Tensors = 2;

    private readonly CollectiveTimes _collectives;
    private readonly int _ranks;
    private readonly int _nodeSize;
    private readonly double _tokenBytes;

    /// <summary>Between the stages of an instance.</summary>
    public StageTransfer(ModelDescription model, Precision precision, InstanceSpec instance)
    {
        _collectives = CollectiveTimes.Measured(instance);
        _ranks = instance.TpSize;
        _nodeSize = instance.NodeSize;
        _tokenBytes = Tensors * model.HiddenSize * precision.HiddenState.BytesPerValue;
    }

    /// <summary>Seconds from the stage before a stage, for so many tokens.</summary>
    public double Seconds(int stage, int tokens)
    {
        var bytes = tokens * _tokenBytes;
        return _collectives.SendSeconds(CrossesNodes(stage), bytes / _ranks)
            + _collectives.GatherSeconds(_ranks, bytes);
    }

    /// <summary>Ranks are numbered through the stages, and nodes filled one after the other.</summary>
    private bool CrossesNodes(int stage)
    {
        var first = stage * _ranks;
        return Enumerable.Range(first, _ranks).Any(rank => rank / _nodeSize != (rank - _ranks) / _nodeSize);
    }
}
