using LlmSim.Engine;
using LlmSim.Policies;

namespace LlmSim;

/// <summary>Asks a global policy for an instance and checks the answer.</summary>
internal sealed class Router
{
    private readonly PolicyDecisions _decision;
    private readonly IGlobalPolicy _policy;
    private readonly RandomStream _random;
    private readonly Instance[] _instances;
    private readonly Instance[] _eligible;

    public Router(
        PolicyDecisions decision,
        IGlobalPolicy policy,
        RandomStream random,
        IEnumerable<Instance> instances
    )
    {
        _decision = decision;
        _policy = policy;
        _random = random;
        _instances = [.. instances];
        _eligible = new Instance[_instances.Length];
    }

    public string PolicyName => PolicyNames.Of(_policy);

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
    public Placement Choose(Request request, SimTime now)
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
        var (position, source) = Ask(request, now, _eligible.AsSpan(0, count));
        if (position == GlobalContext.Reject && _decision == PolicyDecisions.PrefillGlobal)
        {
            return default;
        }

        return new Placement(At(position), source == position ? null : At(source));

        Instance At(int chosen) =>
            chosen >= 0 && chosen < count
                ? _eligible[chosen]
                : throw new UserErrorException(
                    $"policy {PolicyNames.Of(_policy)}: at {now} it sent request {request.Id} to position {chosen}, but there are {count} instances"
                );
    }

    /// <summary>The policy's choice, and the instance that a prefix comes from: the same one when none does.</summary>
    private (int Position, int Source) Ask(Request request, SimTime now, ReadOnlySpan<Instance> instances)
    {
        try
        {
            var context = new GlobalContext(_decision, now, request, instances, _random);
            var position = _policy.Choose(context);
            return position >= 0 && position < instances.Length && _policy is IPrefixFetchingPolicy fetching
                ? (position, fetching.FetchFrom(context, position))
                : (position, position);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(_policy, e))
        {
            throw PolicyFailure.Of(_policy, now, $"asked to place request {request.Id}", e);
        }
    }
}

/// <summary>Where a request goes.</summary>
/// <param name="Instance">The instance; null when the policy rejects the request.</param>
/// <param name="PrefixSource">The instance from which the start of its prompt is fetched; null for none.</param>
internal readonly record struct Placement(Instance? Instance, Instance? PrefixSource);
