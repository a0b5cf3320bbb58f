using LlmSim.Kernel;

namespace LlmSim.Instances.Encode;

/// <summary>
/// The instances that encode pictures before prompts are prefilled elsewhere. Each picture of a request goes to the one with the least work ahead; the request goes on when all
/// its embeddings have come.
/// </summary>
internal sealed class EncodeStage
{
    private readonly Simulation _simulation;
    private readonly Action<Request> _onEncoded;
    private readonly Dictionary<Request, EncodeJob> _jobs = [];

    /// <summary>A stage.</summary>
    /// <param name="simulation">The clock.</param>
    /// <param name="make">Makes its instances, which tell of embeddings that have come.</param>
    /// <param name="onEncoded">All embeddings of a request have come.</param>
    public EncodeStage(
        Simulation simulation,
        Func<Action<EncodePart>, IReadOnlyList<EncodeInstance>> make,
        Action<Request> onEncoded
    )
    {
        (_simulation, _onEncoded) = (simulation, onEncoded);
        Instances = make(OnArrived);
    }

    public IReadOnlyList<EncodeInstance> Instances { get; }

    /// <summary>Takes a request whose pictures are to be encoded here; false for any other.</summary>
    public bool TryAccept(Request request)
    {
        if (request.MediaToEncode is not { } images || !Instances.Any(one => one.Spec.Model == request.Model))
        {
            return false;
        }

        var job = new EncodeJob(request, images.Count);
        _jobs.Add(request, job);
        for (var i = 0; i < images.Count; i++)
        {
            LeastLoaded(request.Model).Accept(job, images[i], images.EmbeddingBytes(i));
        }

        return true;
    }

    /// <summary>The client of a request has gone; false when it is not here.</summary>
    public bool TryWithdraw(Request request)
    {
        if (!_jobs.Remove(request, out var job))
        {
            return false;
        }

        job.Request = null;
        foreach (var instance in Instances)
        {
            instance.Withdraw(job);
        }

        return true;
    }

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public void RequireEmpty()
    {
        Invariant.Require(_jobs.Count == 0, $"{_jobs.Count} requests were never encoded");
        foreach (var instance in Instances)
        {
            instance.RequireEmpty();
        }
    }

    private EncodeInstance LeastLoaded(string? model)
    {
        EncodeInstance? least = null;
        foreach (var instance in Instances)
        {
            if (instance.Spec.Model == model && (least is null || instance.SecondsAhead < least.SecondsAhead))
            {
                least = instance;
            }
        }

        return least!;
    }

    private void OnArrived(EncodePart part)
    {
        part.Job.Parts--;
        if (part.Job.Parts > 0 || part.Job.Request is not { } request)
        {
            return;
        }

        _jobs.Remove(request);
        request.IsEncoded = true;
        request.EncodeFinish = _simulation.Now;
        _onEncoded(request);
    }
}
