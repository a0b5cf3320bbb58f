using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// Says whether the cluster takes a request: admission_policy. It is asked when a client sends one, for the first time or again, before it
/// is routed. A client that is turned away may try again.
/// </summary>
public interface IAdmissionPolicy
{
    /// <summary>Whether the request is taken.</summary>
    bool Admit(in AdmissionContext context);
}

/// <summary>What an admission decision may look at.</summary>
public readonly ref struct AdmissionContext
{
    private readonly ReadOnlySpan<Instance> _instances;

    internal AdmissionContext(
        SimTime now,
        Request request,
        ReadOnlySpan<Instance> instances,
        int unplacedRequests,
        RandomStream random
    )
    {
        Now = now;
        Request = new RequestView(request);
        _instances = instances;
        UnplacedRequests = unplacedRequests;
        Random = random;
    }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; }

    /// <summary>The request that was sent.</summary>
    public RequestView Request { get; }

    /// <summary>The instances that it could be routed to now, in their order; none when none is ready.</summary>
    public InstanceList Instances => new(_instances, PolicyDecisions.Admission.Stage());

    /// <summary>Requests that were taken and wait for an instance to be ready.</summary>
    public int UnplacedRequests { get; }

    /// <summary>The decision's own random stream.</summary>
    public RandomStream Random { get; }

    /// <summary>Requests that wait: for an instance to be ready, and at these instances.</summary>
    public long QueuedRequests()
    {
        var queued = (long)UnplacedRequests;
        foreach (var instance in _instances)
        {
            queued += instance.QueuedRequests;
        }

        return queued;
    }
}
