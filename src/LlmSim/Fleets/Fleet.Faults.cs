using LlmSim.Kernel;
using LlmSim.Metrics;
using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace LlmSim.Fleets;

/// <content>Faults that are planned, and failures at random.</content>
internal sealed partial class Fleet
{
    /// <summary>Slow instances and links, and which they are.</summary>
    private readonly List<(Fault Fault, FleetMember[] Hit)> _inForce = [];

    /// <summary>When faults began.</summary>
    private readonly List<double> _disturbances = [];

    private void PlanFault(Fault fault)
    {
        var hit = Array.FindAll(
            _members,
            member =>
                (fault.Stage ?? member.Stage) == member.Stage
                && (fault.Instance ?? member.Instance.Index) == member.Instance.Index
        );
        if (hit.Length == 0)
        {
            throw new UserErrorException(
                $"faults: there is no {fault.Stage} instance {fault.Instance}; allowed: {string.Join(", ", _members.Select(member => $"{member.Stage} {member.Instance.Index}"))}"
            );
        }

        _changes.Set(SimTime.FromSeconds(fault.AtSeconds), new Step(() => Begin(fault, hit)));
    }

    private void Begin(Fault fault, FleetMember[] hit)
    {
        switch (fault.Kind)
        {
            case FaultKind.Slow:
                During(fault, hit, (member, factor) => member.Instance.SlowDown(factor));
                break;
            case FaultKind.Link:
                During(fault, hit, (member, factor) => _owner.ScaleLink(member.Instance, factor));
                break;
            default:
                Fail(hit, fault.NoticeSeconds, fault.ForSeconds, isPlanned: true);
                break;
        }
    }

    /// <summary>Does something to instances with a factor; those of several faults at once multiply.</summary>
    private void During(Fault fault, FleetMember[] hit, Action<FleetMember, double> set)
    {
        void SetAll() =>
            Array.ForEach(
                hit,
                member =>
                    set(
                        member,
                        _inForce
                            .Where(one => one.Fault.Kind == fault.Kind && one.Hit.Contains(member))
                            .Aggregate(1.0, (product, one) => product * one.Fault.Factor)
                    )
            );

        _inForce.Add((fault, hit));
        _disturbances.Add(_simulation.Now.Seconds);
        SetAll();
        if (fault.ForSeconds is { } seconds)
        {
            _changes.Set(
                _simulation.Now + SimTime.FromSeconds(seconds),
                new Step(() =>
                {
                    _inForce.Remove((fault, hit));
                    SetAll();
                })
            );
        }
    }

    /// <summary>Has instances fail, after a notice in which they take no new requests.</summary>
    private void Fail(FleetMember[] hit, double noticeSeconds, double? repairSeconds, bool isPlanned = false)
    {
        hit = OnTheSameMachines(hit);
        if (noticeSeconds == 0)
        {
            FailNow(hit, repairSeconds, isPlanned);
            return;
        }

        var draining = Array.FindAll(hit, member => member.State == InstanceState.Ready);
        Array.ForEach(draining, member => member.IsUnderNotice = true);
        Drain(draining);

        _changes.Set(
            _simulation.Now + SimTime.FromSeconds(noticeSeconds),
            new Step(() => FailNow(hit, repairSeconds, isPlanned))
        );
    }

    private void FailNow(FleetMember[] hit, double? repairSeconds, bool isPlanned)
    {
        // A fault that is planned holds as long as it says, even where another has come before it.
        if (isPlanned)
        {
            foreach (var member in hit.Where(member => member.State == InstanceState.Failed))
            {
                PlanRepair(member, repairSeconds);
            }
        }

        // Those of a data-parallel group fail together.
        FleetMember[] failing =
        [
            .. hit.Where(member => member.State is not (InstanceState.Failed or InstanceState.Stopped))
                .SelectMany(member => member.Instance.FailingTogether)
                .Distinct()
                .Select(instance => _byInstance[instance])
                .Where(member => member.State != InstanceState.Stopped),
        ];
        if (failing.Length == 0)
        {
            return;
        }

        _disturbances.Add(_simulation.Now.Seconds);
        foreach (var member in failing)
        {
            member.IsUnderNotice = false;
            Change(member, InstanceState.Failed);
        }

        foreach (var member in failing)
        {
            PlanRepair(member, repairSeconds);
        }

        _owner.Lose([.. failing.Select(member => member.Instance)]);
    }

    /// <summary>An instance begins to start when the last of the faults is over that have hit it.</summary>
    private void PlanRepair(FleetMember member, double? seconds)
    {
        var until = seconds is { } given ? _simulation.Now + SimTime.FromSeconds(given) : SimTime.MaxValue;
        member.DownUntil = member.DownUntil > until ? member.DownUntil : until;
        if (seconds is null)
        {
            return;
        }

        _changes.Set(
            until,
            new Step(() =>
            {
                if (member.State == InstanceState.Failed && member.DownUntil <= _simulation.Now)
                {
                    BeginStart(member);
                }
            })
        );
    }

    /// <summary>Draws when an instance that has become ready fails.</summary>
    private void PlanFailure(FleetMember member)
    {
        if (
            _plan.Failures is not { MtbfSeconds: { } mtbf } failures
            || member.State != InstanceState.Ready
            || !_owner.HasWork
        )
        {
            return;
        }

        var random = Random($"{member.Stage}:{member.Instance.Index}:{member.Failures}:{member.Changes}");
        var planned = member.Changes;
        _changes.Set(
            _simulation.Now + Lifetime(mtbf, failures.Shape, random),
            new Step(() =>
            {
                if (member.Changes == planned)
                {
                    Fail([member], failures.NoticeSeconds, failures.Repair.Next(random).Seconds);
                }
            })
        );
    }

    private void PlanNodeFailures()
    {
        if (_plan.Failures is not { NodeMtbfSeconds: { } mtbf } failures)
        {
            return;
        }

        foreach (var stage in _members.GroupBy(member => member.Stage))
        {
            var nodes = stage.Chunk(failures.InstancesPerNode).ToArray();
            for (var node = 0; node < nodes.Length; node++)
            {
                PlanNodeFailure(nodes[node], Random($"node:{stage.Key}:{node}"), mtbf, failures);
            }
        }
    }

    private void PlanNodeFailure(
        FleetMember[] node,
        RandomStream random,
        double mtbf,
        FailureProcess failures
    ) =>
        _changes.Set(
            _simulation.Now + Lifetime(mtbf, failures.Shape, random),
            new Step(() =>
            {
                Fail(node, failures.NoticeSeconds, failures.Repair.Next(random).Seconds);
                PlanNodeFailure(node, random, mtbf, failures);
            })
        );

    /// <summary>A Weibull distribution of this mean: λ Γ(1 + 1/k).</summary>
    private static SimTime Lifetime(double meanSeconds, double shape, RandomStream random) =>
        SimTime.FromSeconds(
            Math.Min(
                1e9,
                Weibull.Sample(random, shape, meanSeconds / SpecialFunctions.Gamma(1 + (1 / shape)))
            )
        );

    private RandomStream Random(string what) => new(_seed, $"failures:{what}");
}
