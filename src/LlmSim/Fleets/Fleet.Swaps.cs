using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Fleets;

/// <content>Accelerators that change between models.</content>
internal sealed partial class Fleet
{
    private readonly List<Machine> _machines = [];
    private readonly Dictionary<FleetMember, Machine> _machineOf = [];

    /// <summary>Models for which it is to be looked at who could change to them, and the side on which they are waited for.</summary>
    private readonly HashSet<(string Side, string? Model)> _considered = [];

    private long _swaps;

    /// <summary>A request waits for an instance of its model.</summary>
    /// <param name="side">"prefill" or "decode": what it waits for.</param>
    /// <param name="model">Its model.</param>
    public void OnWaiting(string side, string? model)
    {
        if (
            _machines.Count > 0
            && !_considered.Contains((side, model))
            && _owner.OldestWait(side, model) is { } since
        )
        {
            Plan(side, model, since);
        }
    }

    /// <summary>The first model of each machine is there at the start.</summary>
    private void LoadFirstModels()
    {
        var members = _members.ToDictionary(member => (member.Stage, member.Instance.Index));
        foreach (var swap in _plan.Swaps)
        {
            var machine = new Machine(
                [.. swap.Instances.Select(index => members[(swap.Stage, index)])],
                SimTime.FromSeconds(swap.AfterSeconds)
            );
            if (machine.Members.Any(member => member.Instance.FailingTogether.Count > 1))
            {
                throw new UserErrorException(
                    $"models: {swap.Stage} instances of a data-parallel group cannot change their model by themselves; allowed: clusters without data_parallel_group"
                );
            }

            _machines.Add(machine);
            foreach (var member in machine.Members)
            {
                _machineOf.Add(member, machine);
            }

            foreach (var member in machine.Members.Skip(1))
            {
                Change(member, InstanceState.Stopped);
            }
        }

        if (_machines.Count > 0 && _plan.Autoscale is not null)
        {
            throw new UserErrorException(
                "autoscale: instances with several models change by the requests that wait; allowed: clusters without models"
            );
        }
    }

    /// <summary>Looks at who could change to a model at the earliest time at which somebody may.</summary>
    private void Plan(string side, string? model, SimTime since)
    {
        var due = Candidates(side, model)
            .Where(one => one.Machine.IsAtRest)
            .Select(one => one.Machine.MayChangeFrom(since))
            .DefaultIfEmpty(SimTime.MaxValue)
            .Min();
        if (due < SimTime.MaxValue && _considered.Add((side, model)))
        {
            _changes.Set(
                due > _simulation.Now ? due : _simulation.Now,
                new Step(() =>
                {
                    _considered.Remove((side, model));
                    Consider(side, model);
                })
            );
        }
    }

    private void Consider(string side, string? model)
    {
        if (_owner.OldestWait(side, model) is not { } since)
        {
            return;
        }

        var candidates = Candidates(side, model).ToArray();
        if (candidates.Any(one => one.Machine.IsToHave(one.Member)))
        {
            // Somebody is changing to it already, and the requests that wait are looked at again when that is ready.
            return;
        }

        var next = candidates
            .Where(one => one.Machine.IsAtRest && one.Machine.MayChangeFrom(since) <= _simulation.Now)
            .OrderBy(one =>
                one.Machine.Loaded!.Instance.RunningRequests + one.Machine.Loaded.Instance.QueuedRequests
            )
            .FirstOrDefault();
        if (next.Machine is null)
        {
            Plan(side, model, since);
            return;
        }

        _swaps++;
        next.Machine.Next = next.Member;
        BeginStop(next.Machine.Loaded!);
    }

    /// <summary>Machines that could have a model and do not, each with its instance of it.</summary>
    private IEnumerable<(Machine Machine, FleetMember Member)> Candidates(string side, string? model) =>
        from machine in _machines
        from member in machine.Members
        where
            (member.Stage == side || member.Stage == "mixed")
            && member.Instance.Spec.Model == model
            && member.State is InstanceState.Stopped or InstanceState.Starting
        select (machine, member);

    /// <summary>The machine of an instance that has stopped goes on with the next model; one that failed comes back with what it had.</summary>
    private void GoOn(FleetMember member)
    {
        if (_machineOf.GetValueOrDefault(member) is not { Next: { } next } machine)
        {
            return;
        }

        if (member.State is InstanceState.Stopped or InstanceState.Failed)
        {
            machine.Next = null;
        }

        if (member.State == InstanceState.Stopped)
        {
            BeginStart(next);
        }
    }

    /// <summary>What stands on the accelerators of instances: a fault hits whichever model is there.</summary>
    private FleetMember[] OnTheSameMachines(FleetMember[] hit) =>
        _machines.Count == 0
            ? hit
            :
            [
                .. hit.SelectMany(member =>
                        _machineOf.TryGetValue(member, out var machine) ? machine.Members : [member]
                    )
                    .Distinct(),
            ];

    /// <summary>Accelerators and the instances that can be on them.</summary>
    private sealed class Machine(IReadOnlyList<FleetMember> members, SimTime after)
    {
        public IReadOnlyList<FleetMember> Members => members;

        /// <summary>The instance that is to start when the present one has drained.</summary>
        public FleetMember? Next { get; set; }

        /// <summary>The instance that is ready.</summary>
        public FleetMember? Loaded => members.FirstOrDefault(member => member.State == InstanceState.Ready);

        /// <summary>Whether it has a model and is to keep it.</summary>
        public bool IsAtRest => Next is null && Loaded is not null;

        public bool IsToHave(FleetMember member) => Next == member || member.State == InstanceState.Starting;

        /// <summary>The earliest time at which it may change for a request that waits since then.</summary>
        public SimTime MayChangeFrom(SimTime since)
        {
            var held = Loaded!.Since;
            var from = since > held ? since : held;
            return from < SimTime.MaxValue - after ? from + after : SimTime.MaxValue;
        }
    }
}
