using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Fleets;

/// <summary>
/// The life of the instances: what is planned for them, what happens at random, what autoscalers decide. It says what becomes of an instance; what
/// becomes of its requests is the cluster's.
/// </summary>
internal sealed partial class Fleet
{
    /// <summary>Steps in which nothing changes for requests that all wait, after which nothing will.</summary>
    private const int MostIdleSteps = 100_000;

    private readonly FleetPlan _plan;
    private readonly Simulation _simulation;
    private readonly IFleetOwner _owner;
    private readonly long _seed;
    private readonly FleetMember[] _members;
    private readonly Dictionary<Instance, FleetMember> _byInstance;
    private readonly Alarms<Step> _changes;
    private readonly List<LifecycleEvent> _events = [];
    private int _draining;
    private long _starts;
    private long _stops;
    private LoadCounts _lastCounts;
    private int _idleSteps;

    /// <summary>Members that are down, and what came of the time in which one was.</summary>
    private int _down;
    private OutageCounts _outages;

    /// <summary>The instances of a cluster.</summary>
    /// <param name="plan">What is to become of them.</param>
    /// <param name="members">The instances, stage by stage.</param>
    /// <param name="owner">The cluster.</param>
    /// <param name="simulation">The clock.</param>
    /// <param name="seed">Seed of the run.</param>
    public Fleet(
        FleetPlan plan,
        IEnumerable<FleetMember> members,
        IFleetOwner owner,
        Simulation simulation,
        long seed
    )
    {
        _plan = plan;
        _simulation = simulation;
        _owner = owner;
        _seed = seed;
        _members = [.. members];
        _byInstance = _members.ToDictionary(member => member.Instance);
        _changes = new Alarms<Step>(simulation, EventRanks.Disturbance, "the fleet", Do);
    }

    /// <summary>Failures of instances.</summary>
    public long Failures => _members.Sum(member => (long)member.Failures);

    /// <summary>Plans what is known at the start.</summary>
    public void Start()
    {
        LoadFirstModels();
        StopSurplus();
        foreach (var fault in _plan.Faults)
        {
            PlanFault(fault);
        }

        foreach (var member in _members)
        {
            PlanFailure(member);
        }

        PlanNodeFailures();
        PlanDecision();
    }

    /// <summary>A request has left an instance: one that drains may be empty now.</summary>
    public void OnLeft()
    {
        if (_draining == 0)
        {
            return;
        }

        foreach (var member in _members)
        {
            if (
                member is { State: InstanceState.Draining, IsUnderNotice: false }
                && _owner.IsEmpty(member.Instance)
            )
            {
                if (member.IsSwitching)
                {
                    // Not yet: it may be in the middle of an iteration's end.
                    _changes.Set(_simulation.Now, new Step(() => TakeOtherRole(member)));
                }
                else
                {
                    Change(member, InstanceState.Stopped);
                }
            }
        }
    }

    public override string ToString() => "the fleet";

    public FleetSummary Summarize(
        SimTime until,
        Func<Instance, double> busySeconds,
        double recoverySeconds,
        (long Count, long Bytes) migrations
    )
    {
        double Sum(InstanceState state, bool accelerators) =>
            _members.Sum(member =>
                member.SecondsIn(state, until) * (accelerators ? member.Instance.Spec.Accelerators : 1)
            );
        var outages = _outages.Until(until, _owner.Counts.Met, isDown: _down > 0);
        var ready = Sum(InstanceState.Ready, accelerators: false);
        var down = _members.Sum(member => member.SecondsDown(until));
        var paid =
            Sum(InstanceState.Ready, true)
            + Sum(InstanceState.Starting, true)
            + Sum(InstanceState.Draining, true);
        return new FleetSummary
        {
            Failures = Failures,
            Starts = _starts,
            Stops = _stops,
            RoleSwitches = _roleSwitches,
            Migrations = migrations.Count,
            MigratedBytes = migrations.Bytes,
            Swaps = _swaps,
            AvailabilityPercent = 100 * ready / (ready + down),
            MeanReadyInstances = ready / until.Seconds,
            AcceleratorSeconds = paid,
            PaidShares =
            [
                .. _members
                    .Where(member => !member.IsSecondRole)
                    .Select(member =>
                        PaidShare(member, until)
                        + (member.OtherRole is { } other ? PaidShare(other, until) : 0)
                    ),
            ],
            IdleAcceleratorSeconds =
                paid
                - _members.Sum(member => busySeconds(member.Instance) * member.Instance.Spec.Accelerators),
            RecoverySeconds = recoverySeconds,
            GoodputDuringFailures = outages.GoodputDown,
            GoodputWithoutFailures = outages.GoodputUp,
            Events = _events,
            Disturbances = _disturbances,
        };
    }

    private static double PaidShare(FleetMember member, SimTime until) =>
        1
        - (
            (member.SecondsIn(InstanceState.Stopped, until) + member.SecondsIn(InstanceState.Failed, until))
            / until.Seconds
        );

    private void Change(FleetMember member, InstanceState state)
    {
        if (member.State == state)
        {
            return;
        }

        _draining +=
            (state == InstanceState.Draining ? 1 : 0) - (member.State == InstanceState.Draining ? 1 : 0);
        var wasDown = member.IsDown;
        member.ChangeTo(state, _simulation.Now);
        _outages = _outages.Until(_simulation.Now, _owner.Counts.Met, isDown: _down > 0);
        _down += (member.IsDown ? 1 : 0) - (wasDown ? 1 : 0);
        _events.Add(new(_simulation.Now.Seconds, member.Stage, member.Instance.Index, state));
        _owner.OnReadinessChanged();
        GoOn(member);
    }

    private void BeginStart(FleetMember member)
    {
        _starts++;
        BeginStart(member, member.StartTime);
    }

    private void BeginStart(FleetMember member, SimTime time)
    {
        Change(member, InstanceState.Starting);
        var planned = member.Changes;
        _changes.Set(
            _simulation.Now + time,
            new Step(() =>
            {
                if (member.Changes == planned)
                {
                    Change(member, InstanceState.Ready);
                    PlanFailure(member);
                }
            })
        );
    }

    /// <summary>They take no new requests, and those that they have go elsewhere where the plan says so.</summary>
    private void Drain(FleetMember[] members)
    {
        Array.ForEach(members, member => Change(member, InstanceState.Draining));
        if (_plan.Drain == DrainPlan.Migrate)
        {
            Array.ForEach(members, member => _owner.MoveOut(member.Instance));
        }
    }

    /// <summary>It takes no new requests; when it is empty it stops.</summary>
    private void BeginStop(FleetMember member)
    {
        _stops++;
        if (member.State == InstanceState.Ready)
        {
            Drain([member]);
            OnLeft();
        }
        else
        {
            Change(member, InstanceState.Stopped);
        }
    }

    private void Do(Step step)
    {
        // What comes after the last request is no part of the run.
        if (_owner.HasWork)
        {
            RequireProgress();
            step.Do();
        }
    }

    /// <summary>An autoscaler that wants no instance, or one that fails again and again, would go on for ever.</summary>
    private void RequireProgress()
    {
        var counts = _owner.Counts;
        var waiting = _owner.Waiting();
        if (counts != _lastCounts || waiting == 0 || waiting < counts.Arrived - counts.Ended)
        {
            (_lastCounts, _idleSteps) = (counts, 0);
            return;
        }

        var isToStart = Array.Exists(
            _members,
            member =>
                member.State == InstanceState.Starting
                || (member.State == InstanceState.Failed && member.DownUntil < SimTime.MaxValue)
        );
        if (!isToStart && ++_idleSteps > MostIdleSteps)
        {
            throw new UserErrorException(
                $"the fleet: at {_simulation.Now} {waiting} requests wait for an instance that could serve them, and in {MostIdleSteps} of its steps none came; allowed: faults with an end, or an autoscaler that starts instances"
            );
        }
    }

    private readonly record struct Step(Action Do);
}
