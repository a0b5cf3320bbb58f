using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Testing;

/// <summary>A policy in one of the decisions that it serves; a new object for each run.</summary>
internal sealed class PolicyUnderTest(PolicyCatalog catalog, string text, PolicyDecisions decision)
{
    public PolicyDecisions Decision => decision;

    public bool IsOrdered => PolicyDecisions.Local.HasFlag(decision) && NewLocal() is IOrderedLocalPolicy;

    public bool PromisesToIgnoreDeadlines => PolicySet.PromisesToIgnoreDeadlines(New());

    /// <summary>A new one, whatever it decides.</summary>
    private object New() =>
        decision switch
        {
            PolicyDecisions.PrefillGlobal or PolicyDecisions.DecodeGlobal => NewGlobal(),
            PolicyDecisions.PrefillLocal or PolicyDecisions.DecodeLocal => NewLocal(),
            PolicyDecisions.Admission => NewAdmission()[0],
            PolicyDecisions.Autoscale => NewAutoscale(),
            PolicyDecisions.Victim => NewVictim(),
            PolicyDecisions.Batching => NewBatching(),
            _ => NewPredictor(),
        };

    public IReadOnlyList<IAdmissionPolicy> NewAdmission() => catalog.CreateAdmission(text);

    public IVictimPolicy NewVictim() => catalog.CreateVictim(text);

    public IBatchingPolicy NewBatching() => catalog.CreateBatching(text);

    public IOutputPredictorPolicy NewPredictor() => catalog.CreateOutputPredictor(text);

    public IAutoscalePolicy NewAutoscale() => catalog.CreateAutoscale(text);

    public ILocalPolicy NewLocal() => catalog.CreateLocal(text, decision);

    public IGlobalPolicy NewGlobal() => catalog.CreateGlobal(text, decision);

    /// <summary>The policy in its decision, simple ones in the others.</summary>
    public PolicySet NewSet()
    {
        var others = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs");
        return decision switch
        {
            PolicyDecisions.PrefillGlobal => others with { PrefillGlobal = NewGlobal() },
            PolicyDecisions.PrefillLocal => others with { PrefillLocal = NewLocal() },
            PolicyDecisions.DecodeGlobal => others with { DecodeGlobal = NewGlobal() },
            PolicyDecisions.DecodeLocal => others with { DecodeLocal = NewLocal() },
            PolicyDecisions.Admission => others with { Admission = NewAdmission() },
            PolicyDecisions.Victim => others with { Victim = NewVictim() },
            PolicyDecisions.Batching => others with { Batching = NewBatching() },
            PolicyDecisions.OutputPredictor => others with { OutputPredictor = NewPredictor() },
            _ => others,
        };
    }

    /// <summary>What a new policy chooses in a row of random situations, and of how many.</summary>
    /// <param name="count">Number of decisions.</param>
    /// <param name="trueOutputTokens">Output length of all requests, which no policy sees.</param>
    public List<(int Offered, int Choice)> Choices(int count, int trueOutputTokens)
    {
        var world = new DecisionWorld();
        var random = DecisionWorld.NewStream();
        return decision switch
        {
            PolicyDecisions.PrefillGlobal or PolicyDecisions.DecodeGlobal => Routes(NewGlobal()),
            PolicyDecisions.PrefillLocal or PolicyDecisions.DecodeLocal => Picks(NewLocal()),
            PolicyDecisions.Admission => Admissions(NewAdmission()[0]),
            PolicyDecisions.Autoscale => Sizes(NewAutoscale()),
            PolicyDecisions.Victim => Victims(NewVictim()),
            PolicyDecisions.Batching => Plans(NewBatching()),
            _ => Predictions(NewPredictor()),
        };

        List<(int, int)> Routes(IGlobalPolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                var (instances, request, now) = world.NextPlacement(trueOutputTokens);
                var context = new GlobalContext(decision, now, request, instances, random);
                choices.Add((instances.Length, Choice(policy, context)));
            }

            return choices;
        }

        List<(int, int)> Picks(ILocalPolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                var (queue, now) = world.NextQueue(trueOutputTokens);
                var context = new LocalContext(decision, now, world.Instance, queue, random);
                Tell(policy, world.Instance, now, queue, random);
                choices.Add((queue.Length, Choice(policy, context)));
            }

            return choices;
        }

        List<(int, int)> Admissions(IAdmissionPolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                var (instances, request, now) = world.NextPlacement(trueOutputTokens);
                var context = new AdmissionContext(now, request, instances, i % 3, random);
                choices.Add((2, Choice(policy, context)));
            }

            return choices;
        }

        List<(int, int)> Victims(IVictimPolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                var (queue, now) = world.NextQueue(trueOutputTokens);
                var running = Array.ConvertAll(
                    queue,
                    request => new RunningRequest(
                        new RequestView(request),
                        request.GeneratedTokens,
                        request.ContextTokens
                    )
                );
                var context = new VictimContext(now, world.Instance, running, random);
                choices.Add((running.Length, Choice(policy, context)));
            }

            return choices;
        }

        List<(int, int)> Plans(IBatchingPolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                var (batch, now) = world.NextBatch(trueOutputTokens);
                new BatchingCaller(policy, random).Plan(world.Instance, now, batch);
                choices.Add((int.MaxValue, batch.Planned));
            }

            return choices;
        }

        List<(int, int)> Predictions(IOutputPredictorPolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                var (_, request, now) = world.NextPlacement(trueOutputTokens);
                request.PredictedOutputTokens = null;
                choices.Add((int.MaxValue, Choice(policy, new PredictionContext(now, request, random))));
            }

            return choices;
        }

        List<(int, int)> Sizes(IAutoscalePolicy policy)
        {
            var choices = new List<(int, int)>(count);
            for (var i = 0; i < count; i++)
            {
                choices.Add((int.MaxValue, Choice(policy, world.NextFleet())));
            }

            return choices;
        }
    }

    /// <summary>Tells a policy that wants to know who has joined a queue, one after the other.</summary>
    private void Tell(
        ILocalPolicy policy,
        Instance instance,
        SimTime now,
        Request[] queue,
        RandomStream random
    )
    {
        for (var i = 0; policy is IQueueWatchingPolicy watching && i < queue.Length; i++)
        {
            watching.OnQueued(
                new LocalContext(decision, now, instance, queue.AsSpan(0, i), random),
                new RequestView(queue[i])
            );
        }
    }

    /// <summary>What a policy chooses from a queue.</summary>
    public static int Choice(ILocalPolicy policy, in LocalContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to pick from a queue");
            return policy.Choose(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    /// <summary>The key that an ordered policy gives a request.</summary>
    public static double Key(IOrderedLocalPolicy policy, Request request)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked for the key of a request");
            return policy.Key(new RequestView(request));
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IGlobalPolicy policy, in GlobalContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to place a request");
            return policy.Choose(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IAdmissionPolicy policy, in AdmissionContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to admit a request");
            return policy.Admit(context) ? 1 : 0;
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IVictimPolicy policy, in VictimContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to pick a victim");
            return policy.Choose(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IOutputPredictorPolicy policy, in PredictionContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to predict an output");
            return policy.Predict(context) ?? 0;
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IAutoscalePolicy policy, in FleetContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked how many instances there should be");
            return policy.Decide(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    /// <summary>The outcome of a check; an exception of the policy is one as well.</summary>
    public string? Guard(Func<string?> check)
    {
        try
        {
            return check();
        }
        catch (UserErrorException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is not (InvariantViolationException or OperationCanceledException))
        {
            return PolicyFailure.Describe(New(), e);
        }
    }
}
