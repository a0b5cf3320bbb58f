using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Routing;

/// <summary>Asks a global policy for an instance and checks the answer.</summary>
internal sealed class Router
{
    private readonly PolicyDecisions _decision;
    private readonly IGlobalPolicy _policy;
    private readonly IPrefixFetchingPolicy? _fetchingPolicy;
    private readonly IJointPolicy? _jointPolicy;
    private readonly RandomStream _random;
    private readonly EligibleInstances _instances;
    private readonly WorkIndex _workIndex;
    private readonly bool _isAUsers;

    /// <summary>The instances as they were heard of; null where the policy sees them as they are.</summary>
    private Dictionary<Instance, StaleInstance>? _heard;
    private Instance[] _offered = [];

    public Router(
        PolicyDecisions decision,
        IGlobalPolicy policy,
        RandomStream random,
        IEnumerable<Instance> instances
    )
    {
        _decision = decision;
        _policy = policy;
        // A decode instance receives the whole KV cache: prefixes are fetched for prefill only.
        _fetchingPolicy = decision == PolicyDecisions.PrefillGlobal ? policy as IPrefixFetchingPolicy : null;
        _jointPolicy = decision == PolicyDecisions.PrefillGlobal ? policy as IJointPolicy : null;
        _random = random;
        _isAUsers = PolicyFailure.IsAUsers(policy);
        _instances = new EligibleInstances(instances);
        _workIndex = new WorkIndex(_instances.All, decision.Stage());
    }

    /// <summary>Takes note of how the instances are: the policy sees them so until it is called again.</summary>
    public void HearOfInstances()
    {
        if (_heard is null)
        {
            _heard = _instances.All.ToDictionary(
                instance => instance,
                instance => new StaleInstance(instance, _decision.Stage())
            );
            _offered = new Instance[_instances.All.Length];
            return;
        }

        foreach (var instance in _heard.Values)
        {
            instance.Refresh();
        }
    }

    /// <summary>Calls back whenever an instance that has been heard of may have to report.</summary>
    public void WatchInstances(Action<StaleInstance> onChanged)
    {
        foreach (var instance in _heard!.Values)
        {
            instance.Watch(onChanged);
        }
    }

    /// <summary>Why a request was rejected that <see cref="Choose" /> gave no instance.</summary>
    public string ReasonToReject => $"turned away by {PolicyName}";

    private string PolicyName => PolicyNames.Of(_policy);

    /// <summary>Whether any instance could ever hold the request.</summary>
    public bool CanServe(Request request) => _instances.Any(request);

    /// <summary>Whether an instance is ready that could hold the request.</summary>
    public bool HasReady(Request request) => _instances.AnyReady(request);

    /// <summary>An instance has become ready, or is ready no more.</summary>
    public void OnReadinessChanged() => _instances.OnReadinessChanged();

    /// <summary>The instances that a request could be sent to now. Valid until the next call.</summary>
    public ReadOnlySpan<Instance> Ready(Request request) => _instances.For(request);

    /// <summary>Whether an instance has the request's model.</summary>
    public bool HasModel(Request request) => _instances.HasModel(request);

    /// <summary>Whether any instance could hold its prompt, were nothing to come after it.</summary>
    public bool CanHoldPrompt(Request request) =>
        _instances.All.Any(instance =>
            instance.Spec.Model == request.Model && instance.CanHoldPrompt(request)
        );

    /// <summary>Which instances there are: those of the stage, mixed ones, or both.</summary>
    public string Stages(string stage)
    {
        var mixed = _instances.All.Count(instance => instance.IsMixed);
        return mixed == 0 ? stage
            : mixed == _instances.All.Length ? "mixed"
            : $"{stage} and mixed";
    }

    /// <summary>The policy's choice among the instances that can hold the request; there must be one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The simulated clock.</param>
    /// <param name="decode">Offers the decode instances to a policy that chooses both.</param>
    public Placement Choose(Request request, SimTime now, Router? decode = null)
    {
        var instances = _instances.For(request);
        Invariant.Require(instances.Length > 0, $"{request} was to be placed, but no instance can hold it");
        var (position, source) = Ask(request, now, instances, decode);
        if (position == GlobalContext.Reject && _decision == PolicyDecisions.PrefillGlobal)
        {
            return default;
        }

        Require(position, instances.Length, request, now);
        Require(source, instances.Length, request, now);
        return new Placement(instances[position], source == position ? null : instances[source]);
    }

    /// <summary>The policy's choice among those that may; null where none may.</summary>
    public Instance? ChooseAmong(Request request, SimTime now, Predicate<Instance> may)
    {
        var allowed = _instances.For(request).ToArray().Where(instance => may(instance)).ToArray();
        if (allowed.Length == 0)
        {
            return null;
        }

        var (position, _) = Ask(request, now, allowed, decode: null);
        Require(position, allowed.Length, request, now);
        return allowed[position];
    }

    /// <summary>The policy's choice, and the instance that a prefix comes from: the same one when none does.</summary>
    private (int Position, int Source) Ask(
        Request request,
        SimTime now,
        ReadOnlySpan<Instance> instances,
        Router? decode
    )
    {
        var joint = request.DecodeTokensOwed > 0 && decode?.HasReady(request) == true ? _jointPolicy : null;
        var (chosen, source) = (default(JointChoice), 0);
        try
        {
            using var call = _isAUsers
                ? AuthorsCall.Enter(_policy, "at {0}, asked to place request {1}", now, request.Id)
                : default;
            var context = Context(request, now, instances);
            chosen = joint is null
                ? new(_policy.Choose(context), 0)
                : joint.ChooseBoth(context, decode!.Context(request, now, decode._instances.For(request)));
            source =
                _fetchingPolicy is not null && chosen.Prefill >= 0 && chosen.Prefill < instances.Length
                    ? _fetchingPolicy.FetchFrom(context, chosen.Prefill)
                    : chosen.Prefill;
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(_policy, e))
        {
            throw PolicyFailure.Of(_policy, now, $"asked to place request {request.Id}", e);
        }

        if (joint is not null && chosen.Prefill != GlobalContext.Reject)
        {
            var offered = decode!._instances.For(request);
            Require(chosen.Decode, offered.Length, request, now);
            request.ChosenDecode = offered[chosen.Decode].Index;
        }

        return (chosen.Prefill, source);
    }

    private GlobalContext Context(Request request, SimTime now, ReadOnlySpan<Instance> instances) =>
        new(
            _decision,
            now,
            request,
            AsSeen(instances, now),
            _random,
            _heard is null && instances.Length == _instances.All.Length ? _workIndex : null
        );

    private ReadOnlySpan<Instance> AsSeen(ReadOnlySpan<Instance> instances, SimTime now)
    {
        if (_heard is null)
        {
            return instances;
        }

        for (var i = 0; i < instances.Length; i++)
        {
            var heard = _heard[instances[i]];
            heard.Hear(now);
            _offered[i] = heard;
        }

        return _offered.AsSpan(0, instances.Length);
    }

    private void Require(int position, int count, Request request, SimTime now)
    {
        if (position < 0 || position >= count)
        {
            throw new UserErrorException(
                $"policy {PolicyName}: at {now} it sent request {request.Id} to position {position}, but there are {count} instances"
            );
        }
    }
}

/// <summary>Where a request goes.</summary>
/// <param name="Instance">The instance; null when the policy rejects the request.</param>
/// <param name="PrefixSource">The instance from which the start of its prompt is fetched; null for none.</param>
internal readonly record struct Placement(Instance? Instance, Instance? PrefixSource);
