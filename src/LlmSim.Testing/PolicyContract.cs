using LlmSim.Policies;

namespace LlmSim.Testing;

/// <summary>
/// What every policy must do, tried on random decisions and in whole simulations: choose what is offered, decide the same
/// under the same seed, know nothing that it cannot know, and leave every request served once. It is evidence and no proof:
/// a policy that breaks a clause in rare states only may pass.
/// </summary>
public static class PolicyContract
{
    private const int Decisions = 200;
    private const int Simulations = 6;

    private static readonly PolicyDecisions[] s_decisions =
    [
        PolicyDecisions.PrefillGlobal,
        PolicyDecisions.PrefillLocal,
        PolicyDecisions.DecodeGlobal,
        PolicyDecisions.DecodeLocal,
        PolicyDecisions.Admission,
        PolicyDecisions.Autoscale,
        PolicyDecisions.Victim,
        PolicyDecisions.OutputPredictor,
        PolicyDecisions.Batching,
    ];

    /// <summary>Runs a policy through the contract, once for each decision that it serves.</summary>
    /// <param name="catalog">Has the policy.</param>
    /// <param name="text">The policy, as <c>name</c> or <c>name:key=value,key=value</c>.</param>
    /// <param name="cancellation">Stops it between two checks or within a simulation.</param>
    /// <exception cref="UserErrorException">There is no such policy, or an option is wrong.</exception>
    public static IEnumerable<PolicyCheck> Check(
        PolicyCatalog catalog,
        string text,
        CancellationToken cancellation = default
    )
    {
        var name = text.Split(':')[0];
        var described = catalog.All.Where(policy => policy.Name == name).ToArray();
        var served = described.Aggregate(
            PolicyDecisions.None,
            (decisions, policy) => decisions | policy.Decisions
        );
        if (described.Length == 0)
        {
            throw new UserErrorException(
                $"there is no policy '{name}'.{Suggestion.For(name, catalog.All.Select(policy => policy.Name))} "
                    + "`llmsim policies` lists them."
            );
        }

        return s_decisions
            .Where(decision => served.HasFlag(decision))
            .SelectMany(decision => Check(new PolicyUnderTest(catalog, text, decision), cancellation))
            .Concat(described.Select(CodeOf));
    }

    private static IEnumerable<PolicyCheck> Check(PolicyUnderTest policy, CancellationToken cancellation)
    {
        yield return Clause("chooses among what is offered", () => Offered(policy));
        yield return Clause("same seed, same choices", () => SameChoices(policy));
        yield return Clause("does not depend on the true output length", () => TrueLengths(policy));
        if (policy.IsOrdered)
        {
            yield return Clause("picks the smallest key, and a key does not change", () => Keys(policy));
        }

        yield return Clause("serves every request once", () => Conserved(policy, cancellation));
        yield return Clause("same seed, same results", () => SameResults(policy, cancellation));
        // An autoscaler is asked as long as the run lasts, and sees what has ended.
        if (policy.Decision != PolicyDecisions.Autoscale)
        {
            yield return Clause(
                "true output lengths change nothing before they end",
                () => HiddenLengths(policy, cancellation)
            );
        }

        if (policy.PromisesToIgnoreDeadlines)
        {
            yield return Clause(
                "ignores TTFT deadlines, as it promises",
                () => IgnoredDeadlines(policy, cancellation)
            );
        }

        PolicyCheck Clause(string clause, Func<string?> failure)
        {
            cancellation.ThrowIfCancellationRequested();
            return new PolicyCheck(policy.Decision, clause, policy.Guard(failure));
        }
    }

    private static PolicyCheck CodeOf(PolicyDescription policy)
    {
        var findings = CodeScan.Findings(policy.Type);
        return new PolicyCheck(
            policy.Decisions,
            "uses no clock, no chance but its own stream, nothing outside the run",
            findings.Count == 0 ? null : string.Join("; ", findings)
        );
    }

    private static string? Offered(PolicyUnderTest policy)
    {
        // A request may be turned away before its prefill, and at no other time.
        var least = policy.Decision == PolicyDecisions.PrefillGlobal ? GlobalContext.Reject : 0;
        foreach (var (offered, choice) in policy.Choices(Decisions, trueOutputTokens: 1))
        {
            if (choice < least || choice >= offered)
            {
                return $"it chose position {choice} of {offered}";
            }
        }

        return null;
    }

    private static string? SameChoices(PolicyUnderTest policy) =>
        Difference(
            policy.Choices(Decisions, trueOutputTokens: 1),
            policy.Choices(Decisions, trueOutputTokens: 1),
            "decision"
        );

    private static string? TrueLengths(PolicyUnderTest policy) =>
        Difference(
            policy.Choices(Decisions, trueOutputTokens: 1),
            policy.Choices(Decisions, trueOutputTokens: 2000),
            "decision"
        );

    private static string? Keys(PolicyUnderTest policy)
    {
        var ordered = (IOrderedLocalPolicy)policy.NewLocal();
        var world = new DecisionWorld();
        for (var i = 0; i < Decisions; i++)
        {
            var (queue, now) = world.NextQueue(trueOutputTokens: 1);
            var keys = Array.ConvertAll(queue, request => PolicyUnderTest.Key(ordered, request));
            if (keys.Any(double.IsNaN))
            {
                return "a key is not a number";
            }

            if (!keys.SequenceEqual(queue.Select(request => PolicyUnderTest.Key(ordered, request))))
            {
                return "the key of a request changed while it waited; implement ILocalPolicy instead";
            }

            var choice = PolicyUnderTest.Choice(
                ordered,
                new LocalContext(policy.Decision, now, world.Instance, queue, DecisionWorld.NewStream())
            );
            if (choice != Array.IndexOf(keys, keys.Min()))
            {
                return $"its Choose picks the key {keys[choice]}, but the smallest is {keys.Min()}";
            }
        }

        return null;
    }

    private static string? Conserved(PolicyUnderTest policy, CancellationToken cancellation)
    {
        for (var seed = 0; seed < Simulations; seed++)
        {
            var world = new SimulatedWorld(seed);
            var ids = world.Run(policy, cancellation).Select(record => record.Id).Order();
            if (!ids.SequenceEqual(world.Requests.Select(request => request.Id)))
            {
                return $"in scenario {seed} some requests are missing from the results, or there twice";
            }
        }

        return null;
    }

    private static string? SameResults(PolicyUnderTest policy, CancellationToken cancellation)
    {
        for (var seed = 0; seed < Simulations; seed++)
        {
            var world = new SimulatedWorld(seed);
            if (
                Difference(world.Run(policy, cancellation), world.Run(policy, cancellation), "result") is
                { } difference
            )
            {
                return $"scenario {seed}: {difference}";
            }
        }

        return null;
    }

    /// <summary>
    /// Two simulations in which all decisions fall before the first output ends, with other true lengths: nothing that a
    /// scheduler could see differs, so neither may a decision.
    /// </summary>
    private static string? HiddenLengths(PolicyUnderTest policy, CancellationToken cancellation) =>
        Difference(
            [.. Placement.Of(SimulatedWorld.LongOutputs(1).Run(policy, cancellation))],
            [.. Placement.Of(SimulatedWorld.LongOutputs(2).Run(policy, cancellation))],
            "request"
        );

    /// <summary>The same simulations under SLOs that nobody meets and that all meet.</summary>
    private static string? IgnoredDeadlines(PolicyUnderTest policy, CancellationToken cancellation)
    {
        for (var seed = 0; seed < Simulations; seed++)
        {
            var world = new SimulatedWorld(seed);
            var strict = world.Run(policy, cancellation, ttftSloSeconds: 1e-3);
            var loose = world.Run(policy, cancellation, ttftSloSeconds: 1e6);
            if (Difference(strict, loose, "result") is { } difference)
            {
                return $"scenario {seed} with other TTFT SLOs: {difference}; leave IgnoresTtftDeadline out";
            }
        }

        return null;
    }

    private static string? Difference<T>(List<T> one, List<T> other, string what)
    {
        var first = one.Zip(other).TakeWhile(pair => Equals(pair.First, pair.Second)).Count();
        return first == one.Count && first == other.Count
            ? null
            : $"{what} {first} differs between two runs that must be equal";
    }
}
