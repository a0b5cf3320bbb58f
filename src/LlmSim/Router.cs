using LlmSim.Engine;
using LlmSim.Policies;

namespace LlmSim;

/// <summary>Asks a global policy for an instance and checks the answer.</summary>
internal sealed class Router<TInstance>
    where TInstance : Instance
{
    private readonly PolicyDecisions _decision;
    private readonly IGlobalPolicy _policy;
    private readonly RandomStream _random;
    private readonly EligibleInstances _instances;

    public Router(PolicyDecisions decision, IGlobalPolicy policy, RandomStream random, TInstance[] instances)
    {
        _decision = decision;
        _policy = policy;
        _random = random;
        _instances = new EligibleInstances(instances);
    }

    /// <summary>Whether any instance could ever hold the request.</summary>
    public bool CanServe(Request request) => _instances.Any(request);

    /// <summary>The policy's choice among the instances that can hold the request; there must be one.</summary>
    public TInstance Choose(Request request, SimTime now)
    {
        var instances = _instances.For(request);
        Invariant.Require(instances.Length > 0, $"{request} was to be placed, but no instance can hold it");
        var position = _policy.Choose(new GlobalContext(_decision, now, request, instances, _random));
        if (position < 0 || position >= instances.Length)
        {
            throw new UserErrorException(
                $"policy {PolicyNames.Of(_policy)}: at {now} it sent request {request.Id} to position {position}, but there are {instances.Length} instances"
            );
        }

        return (TInstance)instances[position];
    }
}
