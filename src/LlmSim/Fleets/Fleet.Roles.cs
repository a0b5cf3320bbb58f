using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;

namespace LlmSim.Fleets;

/// <content>Instances that change from prefill to decode and back.</content>
internal sealed partial class Fleet
{
    private readonly Request _anyRequest = new() { InputTokens = int.MaxValue };
    private long _roleSwitches;
    private SimTime? _lastSwitch;

    /// <summary>Seconds that each instance had computed when roles were last looked at.</summary>
    private readonly Dictionary<FleetMember, double> _busySeen = [];

    private void StopSecondRoles(AutoscalePlan autoscale)
    {
        foreach (var member in _members.Where(member => member.IsSecondRole))
        {
            Change(member, InstanceState.Stopped);
        }

        if (autoscale is { SwitchesRoles: true, Initial: not null })
        {
            throw new UserErrorException(
                "autoscale_limits: initial: found with a policy that switches roles, where the number of instances stays that of the cluster; leave it out"
            );
        }

        if (autoscale.SwitchesRoles && _members.DistinctBy(member => member.Instance.Spec.Model).Count() > 1)
        {
            throw new UserErrorException(
                "autoscale: the policy switches roles, which it can for instances of one model; allowed: clusters with one model, or another policy"
            );
        }

        if (autoscale.SwitchesRoles && !Array.Exists(_members, member => member.OtherRole is not null))
        {
            throw new UserErrorException(
                "autoscale: the policy switches roles, and no instance may; allowed: prefill and decode instances with \"switches\": true"
            );
        }
    }

    private void DecideRoles(AutoscalePlan autoscale, IRolePolicy policy)
    {
        var prefill = Stage("prefill");
        var decode = Stage("decode");
        // What came since the last look is of one interval, whether a decision follows or not.
        var (prefillSeen, decodeSeen) = (
            Look(autoscale, new("prefill", Model: null), prefill),
            Look(autoscale, new("decode", Model: null), decode)
        );
        var busySeconds = BusySecondsSinceLast(prefill);
        var isUnderWay = Array.Exists(
            _members,
            member => member.IsSwitching || member is { OtherRole: not null, State: InstanceState.Starting }
        );
        var isTooEarly =
            _lastSwitch is { } last
            && _simulation.Now - last < SimTime.FromSeconds(autoscale.CooldownSeconds);
        if (isUnderWay || isTooEarly)
        {
            return;
        }

        var context = new RoleContext
        {
            Prefill = prefillSeen,
            Decode = decodeSeen,
            PrefillQueueSeconds = Ready(prefill)
                .Select(member => member.Instance.PrefillQueueSeconds(_anyRequest))
                .DefaultIfEmpty(0)
                .Average(),
            PrefillBusyShare = busySeconds / Math.Max(1, Ready(prefill).Count()) / autoscale.IntervalSeconds,
            MostToPrefill = MostToSwitch(autoscale, decode, prefill),
            MostToDecode = MostToSwitch(autoscale, prefill, decode),
        };
        var toPrefill = Ask(policy, context);
        if (toPrefill > 0)
        {
            Switch(decode, Math.Min(toPrefill, context.MostToPrefill));
        }
        else
        {
            Switch(prefill, (int)Math.Min(-(long)toPrefill, context.MostToDecode));
        }
    }

    /// <summary>What the ready ones have computed since the last look.</summary>
    private double BusySecondsSinceLast(FleetMember[] members)
    {
        var sum = 0.0;
        foreach (var member in members)
        {
            var seconds = member.Instance.BusySeconds;
            sum += member.State == InstanceState.Ready ? seconds - _busySeen.GetValueOrDefault(member) : 0;
            _busySeen[member] = seconds;
        }

        return sum;
    }

    private FleetMember[] Stage(string name) => Array.FindAll(_members, member => member.Stage == name);

    private static IEnumerable<FleetMember> Ready(FleetMember[] members) =>
        members.Where(member => member.State == InstanceState.Ready);

    /// <summary>How many of one role may take the other, by the limits of both.</summary>
    private static int MostToSwitch(AutoscalePlan autoscale, FleetMember[] from, FleetMember[] to)
    {
        var may = Ready(from).Count(member => member.OtherRole is not null);
        var spare = Ready(from).Count() - autoscale.Min;
        var free = (autoscale.Max ?? to.Length) - to.Count(member => member.State != InstanceState.Stopped);
        return Math.Max(0, Math.Min(may, Math.Min(spare, free)));
    }

    /// <summary>Those with the least to do; of equal ones the last.</summary>
    private void Switch(FleetMember[] from, int count)
    {
        FleetMember[] switching =
        [
            .. Ready(from)
                .Where(member => member.OtherRole is not null)
                .Reverse()
                .OrderBy(member => member.Instance.RunningRequests + member.Instance.QueuedRequests)
                .Take(count),
        ];
        if (switching.Length == 0)
        {
            return;
        }

        _lastSwitch = _simulation.Now;
        Array.ForEach(switching, member => member.IsSwitching = true);
        Drain(switching);
        OnLeft();
    }

    /// <summary>An instance that is empty starts in its other role. Its weights stay; what it had cached does not.</summary>
    private void TakeOtherRole(FleetMember member)
    {
        if (!member.IsSwitching || !_owner.IsEmpty(member.Instance))
        {
            return;
        }

        Change(member, InstanceState.Stopped);
        _roleSwitches++;
        member.Instance.Fail();
        BeginStart(
            member.OtherRole!,
            SimTime.FromSeconds(_plan.SwitchSeconds ?? _plan.StartSeconds ?? _plan.EngineStartSeconds)
        );
    }

    private static int Ask(IRolePolicy policy, in RoleContext context)
    {
        var now = context.Prefill.Now;
        try
        {
            using var call = AuthorsCall.Enter(policy, "at {0}, asked which roles to switch", now);
            return policy.Switch(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw PolicyFailure.Of(policy, now, "asked which roles to switch", e);
        }
    }
}
