namespace LlmSim.Policies;

/// <summary>The policies that there are, by name. A catalog does not change; <see cref="With" /> makes a larger one.</summary>
public sealed class PolicyCatalog
{
    private readonly PolicyDescription[] _all;

    private PolicyCatalog(IEnumerable<PolicyDescription> policies)
    {
        _all = [.. policies.OrderBy(policy => policy.Name, StringComparer.Ordinal)];
        foreach (var policy in _all)
        {
            var rival = Array.Find(
                _all,
                other =>
                    other != policy
                    && other.Name == policy.Name
                    && Shared(other, policy) != PolicyDecisions.None
            );
            if (rival is not null)
            {
                throw new UserErrorException(
                    $"policy '{policy.Name}' exists twice for {PolicyDecisionNames.List(Shared(rival, policy))}: "
                        + $"{Origin(policy)} and {Origin(rival)}; rename one"
                );
            }
        }
    }

    /// <summary>The policies that come with the simulator.</summary>
    public static PolicyCatalog BuiltIn { get; } =
        new(BuiltInPolicies.Types.Select(type => PolicyDescription.Of(type)));

    /// <summary>All policies by name.</summary>
    internal IReadOnlyList<PolicyDescription> All => _all;

    /// <summary>This catalog and some more policies.</summary>
    /// <param name="policies">Classes with a <see cref="PolicyAttribute" />.</param>
    /// <param name="source">The file that they came from, for messages and lists.</param>
    /// <exception cref="UserErrorException">A class is not a policy, or its name is taken; the message says why.</exception>
    public PolicyCatalog With(IEnumerable<Type> policies, string? source = null) =>
        new(_all.Concat(policies.Select(type => PolicyDescription.Of(type, source))));

    /// <summary>New policies for one run, each given as <c>name</c> or <c>name:key=value,key=value</c>.</summary>
    /// <param name="prefillGlobal">Routes arriving requests.</param>
    /// <param name="prefillLocal">Orders the prefill queues.</param>
    /// <param name="decodeGlobal">Routes prefilled requests.</param>
    /// <param name="decodeLocal">Orders the decode queues.</param>
    /// <exception cref="UserErrorException">
    /// No such policy, it does not serve the decision, or an option is unknown or out of range.
    /// </exception>
    public PolicySet CreateSet(
        string prefillGlobal,
        string prefillLocal,
        string decodeGlobal,
        string decodeLocal
    ) =>
        new(
            CreateGlobal(prefillGlobal, PolicyDecisions.PrefillGlobal),
            CreateLocal(prefillLocal, PolicyDecisions.PrefillLocal),
            CreateGlobal(decodeGlobal, PolicyDecisions.DecodeGlobal),
            CreateLocal(decodeLocal, PolicyDecisions.DecodeLocal)
        );

    /// <summary>A new routing policy, given as <c>name</c> or <c>name:key=value,key=value</c>.</summary>
    /// <param name="text">Name and options.</param>
    /// <param name="decision">prefill_global or decode_global.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public IGlobalPolicy CreateGlobal(string text, PolicyDecisions decision) =>
        (IGlobalPolicy)Create(text, decision);

    /// <summary>A new queueing policy, given as <c>name</c> or <c>name:key=value,key=value</c>.</summary>
    /// <param name="text">Name and options.</param>
    /// <param name="decision">prefill_local or decode_local.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public ILocalPolicy CreateLocal(string text, PolicyDecisions decision) =>
        (ILocalPolicy)Create(text, decision);

    /// <summary>New admission policies, given as <c>name:key=value,key=value</c> and joined by +: all have to admit a request.</summary>
    /// <param name="text">Names and options; null for none.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public IReadOnlyList<IAdmissionPolicy> CreateAdmission(string? text) =>
        text is null
            ? []
            : [.. Parts(text).Select(part => (IAdmissionPolicy)Create(part, PolicyDecisions.Admission))];

    /// <summary>A new autoscaler, given as <c>name</c> or <c>name:key=value,key=value</c>. Each stage has one of its own.</summary>
    /// <param name="text">Name and options.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public IAutoscalePolicy CreateAutoscale(string text) =>
        (IAutoscalePolicy)Create(text, PolicyDecisions.Autoscale);

    /// <summary>A new policy that chooses whom to preempt, given as <c>name</c> or <c>name:key=value,key=value</c>.</summary>
    /// <param name="text">Name and options.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public IVictimPolicy CreateVictim(string text) => (IVictimPolicy)Create(text, PolicyDecisions.Victim);

    /// <summary>A new policy that plans iterations, given as <c>name</c> or <c>name:key=value,key=value</c>.</summary>
    /// <param name="text">Name and options.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public IBatchingPolicy CreateBatching(string text) =>
        (IBatchingPolicy)Create(text, PolicyDecisions.Batching);

    /// <summary>A new predictor of outputs, given as <c>name</c> or <c>name:key=value,key=value</c>.</summary>
    /// <param name="text">Name and options.</param>
    /// <exception cref="UserErrorException">As <see cref="CreateSet" />.</exception>
    public IOutputPredictorPolicy CreateOutputPredictor(string text) =>
        (IOutputPredictorPolicy)Create(text, PolicyDecisions.OutputPredictor);

    /// <summary>The policies of a text that joins several by +, which may also be a part of a number.</summary>
    internal static IEnumerable<string> Parts(string text)
    {
        var from = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '+' && !(at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
            {
                yield return text[from..at];
                from = at + 1;
            }
        }

        yield return text[from..];
    }

    private static string Origin(PolicyDescription policy) =>
        policy.Source is { } source ? $"class {policy.Type.Name} of {source}"
        : ShippedPoliciesAttribute.Covers(policy.Type) ? "the built-in one"
        : $"class {policy.Type.FullName}";

    private static PolicyDecisions Shared(PolicyDescription a, PolicyDescription b) =>
        a.Decisions & b.Decisions;

    private object Create(string text, PolicyDecisions decision)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        var options = colon < 0 ? [] : text[(colon + 1)..].Split(',');
        return Find(name, decision).Create(options, PolicyDecisionNames.List(decision));
    }

    private PolicyDescription Find(string name, PolicyDecisions decision)
    {
        var stage = PolicyDecisionNames.List(decision);
        var named = Array.FindAll(_all, policy => policy.Name == name);
        if (Array.Find(named, policy => policy.Decisions.HasFlag(decision)) is { } found)
        {
            return found;
        }

        var serving = _all.Where(policy => policy.Decisions.HasFlag(decision)).Select(policy => policy.Name);
        if (named.Length == 0)
        {
            throw new UserErrorException(
                $"{stage}: there is no policy '{name}'.{Suggestion.For(name, serving)} "
                    + "`llmsim policies` lists them."
            );
        }

        var served = named.Aggregate(
            PolicyDecisions.None,
            (decisions, policy) => decisions | policy.Decisions
        );
        throw new UserErrorException(
            $"{stage}: policy '{name}' serves {PolicyDecisionNames.List(served)}, not {stage}. "
                + $"Policies for {stage}: {string.Join(", ", serving)}."
        );
    }
}
