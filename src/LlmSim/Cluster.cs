using LlmSim.Batching;
using LlmSim.Clients;
using LlmSim.Instances.Decode;
using LlmSim.Instances.Prefill;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Routing;
using LlmSim.Transfers;
using LlmSim.Workloads;

namespace LlmSim;

/// <summary>
/// The life of a request, and the only place that knows every stage:
/// client → prefill_global → prefill queue (prefill_local) → prefill → KV transfer → decode_global
/// → decode queue (decode_local) → decode batch → finished. On a mixed instance it stays from its prefill to its end.
/// </summary>
internal sealed partial class Cluster
{
    private readonly Scenario _scenario;
    private readonly Simulation _simulation = new();
    private readonly IClient _client;
    private readonly MetricsRecorder _recorder;
    private readonly OutputEstimate _outputEstimate = new();
    private readonly Instance[] _prefill;
    private readonly Instance[] _decode;
    private readonly Instance[] _mixed;
    private readonly KvTransfers _transfers;
    private readonly Router _prefillRouter;
    private readonly Router _decodeRouter;
    private readonly RequestPool _requests;
    private readonly FrontEnd? _frontEnd;

    public Cluster(
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        MetricsRecorder recorder,
        int maxIterationsPerEvent
    )
    {
        _scenario = scenario;
        _recorder = recorder;
        _requests = new RequestPool(
            scenario.Seed,
            scenario.TtftSloSeconds,
            scenario.Semantics.OutputTokens,
            scenario.OutputPredictor
        );
        var requests = new RequestStream(workload, _requests);
        _client = scenario.Concurrency is { } concurrency
            ? new LimitedClient(requests, concurrency, scenario.SendTimes, _simulation, OnArrival)
            : new OpenStream(requests, _simulation, OnArrival);
        _frontEnd = scenario.RequestSeconds > 0 ? new(_simulation, scenario.RequestSeconds, Admit) : null;
        var kvFootprint = KvCapacity.Footprint(scenario.Model, scenario.Precision, scenario.Semantics);
        _transfers = new KvTransfers(
            scenario.Semantics.KvTransfer,
            fetchesPrefixes: scenario.Policies.PrefillGlobal is IPrefixFetchingPolicy,
            scenario.PrefillInstances,
            scenario.Model.Layers,
            _simulation,
            kvFootprint,
            ChooseDecode,
            OnTransferred
        );
        var build = new ClusterBuilder(
            scenario,
            _simulation,
            kvFootprint,
            _outputEstimate,
            recorder.InterTokenLatency,
            maxIterationsPerEvent,
            new StageEvents(OnPrefillPlanned, OnPrefilled, OnDecoded, _transfers.OnRoom)
        );
        _prefill = build.PrefillInstances();
        _decode = build.DecodeInstances();
        _mixed = build.MixedInstances();
        _prefillRouter = build.Router(
            PolicyDecisions.PrefillGlobal,
            scenario.Policies.PrefillGlobal,
            [.. _prefill, .. _mixed]
        );
        _decodeRouter = build.Router(
            PolicyDecisions.DecodeGlobal,
            scenario.Policies.DecodeGlobal,
            [.. _decode, .. _mixed]
        );
    }

    public IReadOnlyList<PrefillInstance> PrefillInstances => [.. _prefill.OfType<PrefillInstance>()];

    public IReadOnlyList<DecodeInstance> DecodeInstances => [.. _decode.OfType<DecodeInstance>()];

    public IReadOnlyList<BatchedInstance> BatchedInstances => [.. Instances.OfType<BatchedInstance>()];

    /// <summary>All instances: those that prefill, those that decode, those that do both.</summary>
    public IEnumerable<Instance> Instances => [.. _prefill, .. _decode, .. _mixed];

    /// <summary>Evictions and preemptions.</summary>
    public long Evictions =>
        DecodeInstances.Sum(instance => instance.Evictions)
        + BatchedInstances.Sum(instance => instance.Preemptions);

    /// <summary>Iterations of the instances that decode.</summary>
    public long DecodeIterations =>
        DecodeInstances.Sum(instance => instance.Iterations)
        + BatchedInstances
            .Where(instance => instance.Role != InstanceRole.Prefill)
            .Sum(instance => instance.Totals.Iterations);

    /// <summary>The links of both ends of a transfer.</summary>
    public FairNetwork Network => _transfers.Network;

    /// <summary>Bytes of the prefixes that were fetched for another prefill.</summary>
    public long FetchedBytes => _transfers.FetchedBytes;

    public SimTime Now => _simulation.Now;

    public long EventCount => _simulation.EventCount;

    /// <summary>Every instance with the name of its stage.</summary>
    public IEnumerable<(string Stage, Instance Instance)> StagedInstances =>
        [
            .. _prefill.Select(instance => ("prefill", instance)),
            .. _decode.Select(instance => ("decode", instance)),
            .. _mixed.Select(instance => ("mixed", instance)),
        ];

    /// <summary>Attaches a read-only observer.</summary>
    public void Observe(ISimulationObserver observer) => _simulation.Observer = observer;

    public void Run(CancellationToken cancellation)
    {
        try
        {
            using (_client)
            {
                _client.Start();
                _simulation.Run(cancellation);
            }
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error($"what begins at {_simulation.Now}", e);
        }

        RequireEverythingDone();
    }

    private void OnArrival(Request request)
    {
        _recorder.OnArrival(request);
        if (_frontEnd is null)
        {
            Admit(request);
        }
        else
        {
            _frontEnd.Take(request);
        }
    }

    private void Admit(Request request)
    {
        if (ReasonToReject(request) is { } reason)
        {
            Reject(request, reason);
            return;
        }

        var placement = _prefillRouter.Choose(request, _simulation.Now);
        if (placement.Instance is not { } instance)
        {
            Reject(request, _prefillRouter.ReasonToReject);
        }
        else if (placement.PrefixSource is { } source)
        {
            _transfers.FetchPrefix(request, source, instance);
        }
        else
        {
            instance.Accept(request);
        }
    }

    private void OnPrefilled(Request request)
    {
        request.State = RequestState.DecodeGlobal;
        request.TokensFromPrefill = request.TraceOutputTokens - request.DecodeTokensOwed;
        if (request.DecodeTokensOwed == 0)
        {
            request.TransferFinish = _simulation.Now;
            _prefill[request.PrefillInstance].Release(request);
            Finish(request);
            return;
        }

        _transfers.Send(request, _prefill[request.PrefillInstance]);
    }

    /// <summary>The end of the prefill is known: its KV cache may be sent layer by layer until then.</summary>
    private void OnPrefillPlanned(Request request, SimTime finish) =>
        _transfers.SendEarly(request, _prefill[request.PrefillInstance], finish);

    private void OnTransferred(Request request, Instance destination)
    {
        request.TransferFinish = _simulation.Now;
        _prefill[request.PrefillInstance].Release(request);
        destination.Accept(request);
    }

    private Instance ChooseDecode(Request request) =>
        _decodeRouter.Choose(request, _simulation.Now).Instance!;

    private void Reject(Request request, string reason)
    {
        request.State = RequestState.Rejected;
        _recorder.OnRejected(request, reason);
        _requests.GiveBack(request);
        _client.OnEnded();
    }

    private void OnDecoded(Request request)
    {
        Invariant.Require(
            request.GeneratedTokens == request.TraceOutputTokens
                && request.DecodedTokens == request.DecodeTokensOwed,
            $"{request} finished with {request.GeneratedTokens} tokens of {request.TraceOutputTokens}"
        );
        Finish(request);
    }

    private void Finish(Request request)
    {
        request.State = RequestState.Finished;
        request.Finish = _simulation.Now;
        _outputEstimate.AddFinished(request.TraceOutputTokens);
        _recorder.OnFinished(request);
        _requests.GiveBack(request);
        _client.OnEnded();
    }

    private void RequireEverythingDone()
    {
        foreach (var instance in Instances)
        {
            instance.RequireEmpty();
        }

        _transfers.RequireEmpty();
        Invariant.Require(
            _recorder.Arrived == _recorder.Finished + _recorder.Rejected,
            $"{_recorder.Arrived} requests arrived, but {_recorder.Finished} finished and {_recorder.Rejected} were rejected"
        );
    }
}
