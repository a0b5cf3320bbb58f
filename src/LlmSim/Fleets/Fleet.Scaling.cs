using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;

namespace LlmSim.Fleets;

/// <content>How many instances there are.</content>
internal sealed partial class Fleet
{
    /// <summary>What was wanted of late, and what was seen last.</summary>
    private readonly Dictionary<
        FleetGroup,
        (Queue<(SimTime At, int Count)> Wanted, LoadCounts Seen)
    > _groups = [];

    /// <summary>Instances beyond those of the start are off until an autoscaler wants them.</summary>
    private void StopSurplus()
    {
        if (_plan.Autoscale is not { } autoscale)
        {
            return;
        }

        foreach (var stage in Groups)
        {
            if (stage.Any(member => member.Instance.FailingTogether.Count > 1))
            {
                throw new UserErrorException(
                    $"autoscale: {stage.Key.Stage} instances of a data-parallel group cannot start and stop by themselves; allowed: clusters without data_parallel_group"
                );
            }

            var present = stage.Count(member => !member.IsSecondRole);
            if (autoscale.Min > present)
            {
                throw new UserErrorException(
                    $"autoscale_limits: min: found {autoscale.Min}; allowed: at most the {present} {stage.Key} of the cluster"
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

    /// <summary>Instances that can take each other's requests: of one stage and one model.</summary>
    private IEnumerable<IGrouping<FleetGroup, FleetMember>> Groups =>
        _members.GroupBy(member => new FleetGroup(member.Stage, member.Instance.Spec.Model));

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
        if (autoscale.RolePolicy is { } roles)
        {
            DecideRoles(autoscale, roles);
            return;
        }

        foreach (var group in Groups)
        {
            if (autoscale.Policies.GetValueOrDefault(group.Key.PolicyKey) is { } policy)
            {
                Decide(autoscale, policy, group.Key, [.. group]);
            }
        }
    }

    private void Decide(
        AutoscalePlan autoscale,
        IAutoscalePolicy policy,
        FleetGroup group,
        FleetMember[] members
    )
    {
        var context = Look(autoscale, group, members);
        var present = context.Ready + context.Starting;
        var asked = Math.Clamp(Ask(policy, context), autoscale.Min, context.Max);
        var wanted = MostWanted(autoscale, _groups[group].Wanted, asked, present);
        if (wanted > present)
        {
            Grow(members, wanted - present);
        }
        else if (wanted < present)
        {
            Shrink(members, present - wanted);
        }
    }

    private FleetContext Look(AutoscalePlan autoscale, FleetGroup group, FleetMember[] members)
    {
        var counts = _owner.CountsOf(group.Model);
        var (recent, seen) = _groups.GetValueOrDefault(group);
        _groups[group] = (recent ?? new(), counts);
        var ready = members.Where(member => member.State == InstanceState.Ready).ToArray();
        var present = ready.Length + members.Count(member => member.State == InstanceState.Starting);
        var max = Math.Min(autoscale.Max ?? members.Length, members.Length);
        var capacity = ready.Sum(member => (double)member.Instance.KvCapacityBytes);
        return new FleetContext
        {
            Now = _simulation.Now,
            Stage = group.Stage,
            Model = group.Model,
            Ready = ready.Length,
            Starting = present - ready.Length,
            Min = autoscale.Min,
            Max = max,
            QueuedRequests =
                members.Sum(member => (long)member.Instance.QueuedRequests)
                + _owner.Waiting(group.Stage, group.Model),
            RunningRequests = members.Sum(member => (long)member.Instance.RunningRequests),
            KvShare =
                capacity == 0 ? 0 : ready.Sum(member => (double)member.Instance.CommittedKvBytes) / capacity,
            Arrivals = counts.Arrived - seen.Arrived,
            Ended = counts.Ended - seen.Ended,
            Met = counts.Met - seen.Met,
            IntervalSeconds = autoscale.IntervalSeconds,
            StartSeconds = members[0].StartTime.Seconds,
        };
    }

    /// <summary>The most that was wanted of late, so that a short lull stops nothing: the stabilization window of Kubernetes' autoscaler, which begins with those that there are.</summary>
    private int MostWanted(
        AutoscalePlan autoscale,
        Queue<(SimTime At, int Count)> recent,
        int wanted,
        int present
    )
    {
        if (recent.Count == 0)
        {
            recent.Enqueue((_simulation.Now, present));
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
