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
    private readonly Instance[] _instances;
    private readonly Instance[] _eligible;

    public Router(PolicyDecisions decision, IGlobalPolicy policy, RandomStream random, TInstance[] instances)
    {
        _decision = decision;
        _policy = policy;
        _random = random;
        _instances = [.. instances];
        _eligible = new Instance[instances.Length];
    }

    /// <summary>Whether any instance could ever hold the request.</summary>
    public bool CanServe(Request request)
    {
        foreach (var instance in _instances)
        {
            if (instance.CanEverHold(request))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The policy's choice among the instances that can hold the request; there must be one.</summary>
    public TInstance Choose(Request request, SimTime now)
    {
        var count = 0;
        foreach (var instance in _instances)
        {
            if (instance.CanEverHold(request))
            {
                _eligible[count++] = instance;
            }
        }

        Invariant.Require(count > 0, $"{request} was to be placed, but no instance can hold it");
        var instances = _eligible.AsSpan(0, count);
        var position = Ask(request, now, instances);
        if (position < 0 || position >= count)
        {
            throw new UserErrorException(
                $"policy {PolicyNames.Of(_policy)}: at {now} it sent request {request.Id} to position {position}, but there are {count} instances"
            );
        }

        return (TInstance)instances[position];
    }

    private int Ask(Request request, SimTime now, ReadOnlySpan<Instance> instances)
    {
        try
        {
            return _policy.Choose(new GlobalContext(_decision, now, request, instances, _random));
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(_policy, e))
        {
            throw PolicyFailure.Of(_policy, now, $"asked to place request {request.Id}", e);
        }
    }
}
