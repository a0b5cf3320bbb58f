using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;

namespace LlmSim.Fleets;

/// <content>How many instances there are.</content>
internal sealed partial class Fleet
{
    /// <summary>What was wanted of late, by stage.</summary>
    private readonly Dictionary<string, Queue<(SimTime At, int Count)>> _wanted = new(StringComparer.Ordinal);

    private LoadCounts _seen;

    /// <summary>Instances beyond those of the start are off until an autoscaler wants them.</summary>
    private void StopSurplus()
    {
        if (_plan.Autoscale is not { } autoscale)
        {
            return;
        }

        foreach (var stage in Stages)
        {
            if (stage.Any(member => member.Instance.FailingTogether.Count > 1))
            {
                throw new UserErrorException(
                    $"autoscale: {stage.Key} instances of a data-parallel group cannot start and stop by themselves; allowed: clusters without data_parallel_group"
                );
            }

            var present = stage.Count(member => !member.IsSecondRole);
            if (autoscale.Min > present)
            {
                throw new UserErrorException(
                    $"autoscale_limits: min: found {autoscale.Min}; allowed: at most the {present} {stage.Key} instances of the cluster"
                );
            }

            if (autoscale.SwitchesRoles)
            {
                continue;
            }

            var initial = Math.Max(1, autoscale.Initial ?? autoscale.Min);
            foreach (var member in stage.Skip(initial))
            {
                Change(member, InstanceState.Stopped);
            }
        }

        StopSecondRoles(autoscale);
    }

    private IEnumerable<IGrouping<string, FleetMember>> Stages => _members.GroupBy(member => member.Stage);

    private void PlanDecision()
    {
        if (_plan.Autoscale is { } autoscale)
        {
            _changes.Set(
                _simulation.Now + SimTime.FromSeconds(autoscale.IntervalSeconds),
                new Step(() =>
                {
                    Decide(autoscale);
                    PlanDecision();
                })
            );
        }
    }

    private void Decide(AutoscalePlan autoscale)
    {
        var counts = _owner.Counts;
        if (autoscale.RolePolicy is { } roles)
        {
            DecideRoles(autoscale, roles, counts);
            _seen = counts;
            return;
        }

        foreach (var stage in Stages)
        {
            if (autoscale.Policies.GetValueOrDefault(stage.Key) is { } policy)
            {
                Decide(autoscale, policy, [.. stage], counts);
            }
        }

        _seen = counts;
    }

    private void Decide(
        AutoscalePlan autoscale,
        IAutoscalePolicy policy,
        FleetMember[] members,
        in LoadCounts counts
    )
    {
        var context = Look(autoscale, members, counts);
        var (stage, present) = (context.Stage, context.Ready + context.Starting);
        var asked = Math.Clamp(Ask(policy, context), autoscale.Min, context.Max);
        var wanted = MostWanted(autoscale, stage, asked, present);
        if (wanted > present)
        {
            Grow(members, wanted - present);
        }
        else if (wanted < present)
        {
            Shrink(members, present - wanted);
        }
    }

    private FleetContext Look(AutoscalePlan autoscale, FleetMember[] members, in LoadCounts counts)
    {
        var stage = members[0].Stage;
        var ready = members.Where(member => member.State == InstanceState.Ready).ToArray();
        var present = ready.Length + members.Count(member => member.State == InstanceState.Starting);
        var max = Math.Min(autoscale.Max ?? members.Length, members.Length);
        var capacity = ready.Sum(member => (double)member.Instance.KvCapacityBytes);
        return new FleetContext
        {
            Now = _simulation.Now,
            Stage = stage,
            Ready = ready.Length,
            Starting = present - ready.Length,
            Min = autoscale.Min,
            Max = max,
            QueuedRequests =
                members.Sum(member => (long)member.Instance.QueuedRequests) + _owner.Waiting(stage),
            RunningRequests = members.Sum(member => (long)member.Instance.RunningRequests),
            KvShare =
                capacity == 0 ? 0 : ready.Sum(member => (double)member.Instance.CommittedKvBytes) / capacity,
            Arrivals = counts.Arrived - _seen.Arrived,
            Ended = counts.Ended - _seen.Ended,
            Met = counts.Met - _seen.Met,
            IntervalSeconds = autoscale.IntervalSeconds,
            StartSeconds = members[0].StartTime.Seconds,
        };
    }

    /// <summary>The most that was wanted of late, so that a short lull stops nothing: the stabilization window of Kubernetes' autoscaler, which begins with those that there are.</summary>
    private int MostWanted(AutoscalePlan autoscale, string stage, int wanted, int present)
    {
        if (!_wanted.TryGetValue(stage, out var recent))
        {
            recent = new();
            recent.Enqueue((_simulation.Now, present));
            _wanted.Add(stage, recent);
        }

        var window = SimTime.FromSeconds(autoscale.CooldownSeconds);
        while (recent.TryPeek(out var first) && _simulation.Now - first.At > window)
        {
            recent.Dequeue();
        }

        recent.Enqueue((_simulation.Now, wanted));
        return recent.Max(want => want.Count);
    }

    private static int Ask(IAutoscalePolicy policy, in FleetContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(
                policy,
                "at {0}, asked how many instances there should be",
                context.Now
            );
            return policy.Decide(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw PolicyFailure.Of(policy, context.Now, "asked how many instances there should be", e);
        }
    }

    private void Grow(FleetMember[] members, int count)
    {
        // One that drains has its weights: it is ready at once.
        foreach (var member in members.Where(IsDraining).Take(count).ToArray())
        {
            Change(member, InstanceState.Ready);
            PlanFailure(member);
            count--;
        }

        foreach (var member in members.Where(IsStopped).Take(count).ToArray())
        {
            BeginStart(member);
        }
    }

    /// <summary>Stops those that start, then those with the least to do; of equal ones the last.</summary>
    private void Shrink(FleetMember[] members, int count)
    {
        var order = members
            .Reverse()
            .Where(member => member.State is InstanceState.Starting or InstanceState.Ready)
            .OrderByDescending(member => member.State == InstanceState.Starting)
            .ThenBy(member => member.Instance.RunningRequests + member.Instance.QueuedRequests);
        foreach (var member in order.Take(count).ToArray())
        {
            BeginStop(member);
        }
    }

    private static bool IsDraining(FleetMember member) =>
        member is { State: InstanceState.Draining, IsUnderNotice: false };

    private static bool IsStopped(FleetMember member) => member.State == InstanceState.Stopped;
}
