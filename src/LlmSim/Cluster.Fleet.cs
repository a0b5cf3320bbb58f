using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim;

/// <content>Instances that come and go, and what becomes of their requests.</content>
internal sealed partial class Cluster : IFleetOwner
{
    /// <summary>A request that was lost so often is on instances that fail faster than they can serve it.</summary>
    private const int MostFailovers = 1000;

    private readonly Fleet? _fleet;

    /// <summary>Requests that were lost and had no token since, with the times of the failures.</summary>
    private readonly Dictionary<long, List<SimTime>> _lostAt = [];

    private readonly Dictionary<SimTime, SimTime> _recovered = [];

    /// <summary>When the last request ended, with its answer or without.</summary>
    private SimTime _lastEnd;

    public bool HasWork =>
        _recorder.Arrived > _recorder.Finished + _recorder.Unserved || _conversations.HasMore;

    LoadCounts IFleetOwner.Counts =>
        new(_recorder.Arrived, _recorder.Finished + _recorder.Unserved, _recorder.Met);

    public void ScaleLink(Instance instance, double factor) =>
        _transfers.Scale(instance, isPrefill: _prefill.Contains(instance), factor);

    public bool IsEmpty(Instance instance) => instance.IsEmpty && !GoingTo(instance).Any();

    LoadCounts IFleetOwner.CountsOf(string? model) => _models[model].Counts;

    SimTime? IFleetOwner.OldestWait(string side, string? model) =>
        (side == "decode" ? _undecoded : _unplaced)
            .Where(request => request.Model == model)
            .Min(request => request.WaitsSince);

    int IFleetOwner.Waiting() => _unplaced.Count + _undecoded.Count;

    int IFleetOwner.Waiting(string stage, string? model) =>
        Waiting(stage == "decode" ? _undecoded : _unplaced, model);

    public void OnReadinessChanged()
    {
        _prefillRouter.OnReadinessChanged();
        _decodeRouter.OnReadinessChanged();
        GoOn(_unplaced, Place);
        GoOn(_undecoded, request => _transfers.Resume(request, PrefillSide(request)));
    }

    public void Lose(IReadOnlyList<Instance> instances)
    {
        var lost = _live!.Where(request => IsOn(request, instances)).OrderBy(request => request.Id).ToArray();
        var goingThere = instances.SelectMany(GoingTo).OrderBy(request => request.Id).ToArray();
        foreach (var instance in instances.DistinctBy(instance => instance.FailingTogether[0]))
        {
            instance.Fail();
        }

        // What was held for them is lost.
        Array.ForEach(goingThere, _transfers.LoseReservation);
        // Those that come from another instance, which keeps their KV cache, go to yet another one.
        Array.ForEach([.. goingThere.Except(lost)], Redirect);
        Array.ForEach(lost, Recover);
    }

    /// <summary>The life of the instances; null where they live for ever.</summary>
    public FleetSummary? FleetSummary() =>
        _fleet?.Summarize(
            _lastEnd,
            instance => instance.BusySeconds,
            _recovered.Count == 0
                ? double.NaN
                : _recovered.Average(failure => (failure.Value - failure.Key).Seconds),
            (_migrations.Count, _migrations.Bytes)
        );

    private Fleet? NewFleet()
    {
        if (_scenario.Fleet is not { } plan)
        {
            return null;
        }

        FleetMember[] members =
        [
            .. StagedInstances.Select(staged => new FleetMember(
                staged.Stage,
                staged.Instance,
                StartTime(plan, staged.Instance.Spec)
            )),
        ];
        var prefill = members.AsSpan(0, _prefill.Length);
        var decode = members.AsSpan(_prefill.Length, _decode.Length);
        JoinRoles(prefill[.._scenario.PrefillInstances.Count], decode[_scenario.DecodeInstances.Count..]);
        JoinRoles(decode[.._scenario.DecodeInstances.Count], prefill[_scenario.PrefillInstances.Count..]);
        return new Fleet(plan, members, this, _simulation, _scenario.Seed);
    }

    /// <summary>Tells instances that may switch of what they are in their other role.</summary>
    private static void JoinRoles(ReadOnlySpan<FleetMember> own, ReadOnlySpan<FleetMember> others)
    {
        var next = 0;
        foreach (var member in own)
        {
            if (next < others.Length && member.Instance.Spec.Switches)
            {
                member.OtherRole = others[next];
                others[next++].OtherRole = member;
            }
        }

        foreach (var other in others)
        {
            other.IsSecondRole = true;
        }
    }

    private SimTime StartTime(FleetPlan plan, InstanceSpec spec)
    {
        var served = _scenario.ModelOf(spec);
        var bytes =
            spec.ContextRanks
            * KvCapacity.WeightBytes(served.Model, served.Precision, spec, _scenario.Semantics);
        return SimTime.FromSeconds(
            plan.StartSeconds
                ?? (plan.EngineStartSeconds + (bytes / (plan.LoadBytesPerSecond * spec.Accelerators)))
        );
    }

    /// <summary>Has a request wait until an instance of its model is ready.</summary>
    private void Wait(List<Request> waiting, Request request)
    {
        request.WaitsSince ??= _simulation.Now;
        waiting.Add(request);
        _fleet!.OnWaiting(waiting == _undecoded ? "decode" : "prefill", request.Model);
    }

    /// <summary>Gives requests that waited for an instance another try, in their order.</summary>
    private static void GoOn(List<Request> waiting, Action<Request> tryAgain)
    {
        if (waiting.Count > 0)
        {
            Request[] all = [.. waiting];
            waiting.Clear();
            Array.ForEach(all, tryAgain);
        }
    }

    /// <summary>Whether an attempt loses what it has got when these instances fail.</summary>
    private bool IsOn(Request request, IReadOnlyList<Instance> instances) =>
        request.State switch
        {
            RequestState.PrefillLocal => instances.Contains(PrefillSide(request)),
            RequestState.DecodeGlobal => instances.Contains(Holder(request)),
            RequestState.DecodeLocal => instances.Contains(DecodeSide(request)),
            _ => _transfers.Fetching(request) is { } flow
                && (instances.Contains(flow.Destination) || instances.Contains(flow.Source)),
        };

    /// <summary>Sends a KV cache to another instance than the one that it was sent to.</summary>
    private void Redirect(Request request)
    {
        if (_migrations.Cancel(request))
        {
            if (!TryMove(request, Holder(request)))
            {
                Holder(request).Release(request);
                BeginAgain(request);
            }

            return;
        }

        _transfers.Cancel(request);
        if (request.State == RequestState.DecodeGlobal)
        {
            _transfers.Send(request, PrefillSide(request));
        }
    }

    /// <summary>A request has lost what it had.</summary>
    private void Recover(Request request)
    {
        if (request.IsWithdrawn)
        {
            Drop(request);
            return;
        }

        if (request.State == RequestState.DecodeGlobal && !_undecoded.Remove(request))
        {
            CancelTransfer(request);
        }
        else if (request.State == RequestState.PrefillLocal)
        {
            _transfers.CancelEarly(request);
        }
        else if (request.State == RequestState.PrefillGlobal)
        {
            _transfers.CancelFetch(request);
        }

        BeginAgain(request);
    }

    private void BeginAgain(Request request)
    {
        var plan = _scenario.Fleet!.LostRequests;
        if (plan == LostRequests.Fail)
        {
            GiveUp(request, Outcome.Failed, "lost with an instance that failed");
            Drop(request);
            return;
        }

        if (++request.Call!.Failovers > MostFailovers)
        {
            throw new UserErrorException(
                $"request {request.Id} of the workload was lost {MostFailovers} times by {_simulation.Now}, because its instances fail before they have served it; allowed: a longer mtbf, or lost_requests fail"
            );
        }

        _recorder.Service!.Failovers++;
        if (request.GeneratedTokens > 0)
        {
            NoteRecovery(request);
        }

        if (!_lostAt.TryGetValue(request.Id, out var failures))
        {
            _lostAt.Add(request.Id, failures = []);
        }

        failures.Add(_simulation.Now);
        request.Outcome = Outcome.Failed;
        _feedback?.Tell(request, _simulation.Now);
        request.Outcome = default;
        request.StartOver(plan == LostRequests.Keep && request.HasNewToken ? request.GeneratedTokens : 0);
        Place(request);
    }

    /// <summary>A request that was lost has a token again.</summary>
    private void NoteRecovery(Request request)
    {
        if (_lostAt.Remove(request.Id, out var failures))
        {
            foreach (var failure in failures)
            {
                var known = _recovered.GetValueOrDefault(failure);
                _recovered[failure] = known > request.PrefillFinish ? known : request.PrefillFinish;
            }
        }
    }

    private void RequireNobodyWaits()
    {
        if (_unplaced.Count + _undecoded.Count > 0)
        {
            throw new UserErrorException(
                $"the fleet: at {_simulation.Now} {_unplaced.Count + _undecoded.Count} requests wait for an instance that could serve them, none is ready, and none ever will be; allowed: faults with an end, or an autoscaler that starts instances"
            );
        }
    }
}
