using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Metrics;
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
    private readonly ConversationClient _conversations;
    private readonly MetricsRecorder _recorder;
    private readonly ModelsInUse _models;
    private readonly AdapterCheck _adapters;
    private readonly Instance[] _prefill;
    private readonly Instance[] _decode;
    private readonly Instance[] _mixed;
    private readonly KvTransfers _transfers;
    private readonly Router _prefillRouter;
    private readonly Router _decodeRouter;
    private readonly AdmissionGate? _gate;
    private readonly Feedback? _feedback;
    private readonly RouterClock? _routerClock;
    private readonly PushedLoad? _pushedLoad;
    private readonly OutputPredictions? _predictions;
    private readonly RequestPool _requests;
    private readonly FrontEnd? _frontEnd;
    private readonly Persistence? _persistence;

    /// <summary>All attempts in the cluster; null where no instance can fail.</summary>
    private readonly HashSet<Request>? _live;

    /// <summary>Requests that wait for an instance to be ready that can prefill them, and for one that can decode them.</summary>
    private readonly List<Request> _unplaced = [];
    private readonly List<Request> _undecoded = [];

    public Cluster(
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        MetricsRecorder recorder,
        int maxIterationsPerEvent
    )
    {
        _scenario = scenario;
        _recorder = recorder;
        _models = new ModelsInUse(ClusterModels.Required(scenario), scenario.Semantics);
        _adapters = new AdapterCheck(scenario);
        _requests = new RequestPool(
            scenario.Seed,
            scenario.TtftSloSeconds,
            scenario.Semantics.OutputTokens,
            scenario.FirstTokenWaits,
            scenario.OutputPredictor,
            _models,
            scenario.FollowsRequests || scenario.OtherModels.Count > 0,
            scenario.TakesImages,
            scenario.TakesVideos,
            scenario.TakesAudio
        );
        _conversations = new ConversationClient(_requests, scenario.SharesPrefixes, _simulation, OnArrival);
        _client = Client(new RequestStream(workload, _requests, scenario.SharesPrefixes));
        _conversations.Others = _client;
        _persistence = scenario.Clients.Follows
            ? new Persistence(scenario.Clients, scenario.Seed, _requests, _simulation, OnOutOfPatience, Send)
            : null;
        _live = scenario.Fleet is null ? null : [];
        _frontEnd = scenario.RequestSeconds > 0 ? new(_simulation, scenario.RequestSeconds, Admit) : null;
        _transfers = new KvTransfers(
            scenario.Semantics.KvTransfer,
            fetchesPrefixes: scenario.Policies.PrefillGlobal is IPrefixFetchingPolicy,
            scenario.PrefillRoles,
            _simulation,
            _models,
            ChooseDecode,
            request => _decodeRouter!.HasReady(request),
            OnTransferred
        );
        _migrations = new Migrations(_transfers, OnMoved);
        var build = new ClusterBuilder(
            scenario,
            _simulation,
            _models,
            recorder.InterTokenLatency,
            maxIterationsPerEvent,
            new StageEvents(Parts(), OnPrefilled, OnDecoded, _transfers.OnRoom, Drop),
            _transfers.Network
        );
        _prefill = build.PrefillInstances();
        _decode = build.DecodeInstances();
        _mixed = build.MixedInstances();
        Tiers = build.Tiers;
        _conversations.OnOver = TellTiers();
        _encode = build.EncodeStage(Place);
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
        _gate = build.Gate();
        _feedback = Feedback.Of(
            scenario.Policies.All.Concat(scenario.Fleet?.Autoscale?.Policies.Values ?? [])
        );
        _predictions = build.Predictions();
        if (scenario is { RouterStalenessSeconds: > 0 and var staleness, RouterLoadIsPushed: var isPushed })
        {
            _pushedLoad = isPushed ? new(_simulation, staleness, _prefillRouter, _decodeRouter) : null;
            _routerClock = isPushed
                ? null
                : new(_simulation, staleness, () => HasWork, _prefillRouter, _decodeRouter);
        }

        _fleet = NewFleet();
    }

    /// <summary>Attaches a read-only observer.</summary>
    public void Observe(ISimulationObserver observer) => _simulation.Observer = observer;

    public void Run(CancellationToken cancellation)
    {
        try
        {
            using (_client)
            {
                _client.Start();
                _fleet?.Start();
                _routerClock?.Start();
                _pushedLoad?.Start();
                _simulation.Run(cancellation);
            }
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error($"what begins at {_simulation.Now}", e);
        }

        RequireNobodyWaits();
        RequireEverythingDone();
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

    /// <summary>Sends KV caches while their prompts are being computed; null where they leave afterwards.</summary>
    private PartsOfPrompts? Parts() =>
        KvTransfers.SendsParts(_scenario.Semantics.KvTransfer)
            ? new(
                (request, part) => _transfers.OnPartPlanned(request, _prefill[request.PrefillInstance], part),
                (request, tokens) =>
                    _transfers.OnPartComputed(request, _prefill[request.PrefillInstance], tokens),
                _transfers.CancelEarly
            )
            : null;

    private void OnTransferred(Request request, Instance destination)
    {
        request.TransferFinish = _simulation.Now;
        _prefill[request.PrefillInstance].Release(request);
        destination.Accept(request);
        _fleet?.OnLeft();
    }

    /// <summary>The instance that is to decode a request; null while none is ready that could.</summary>
    private Instance? ChooseDecode(Request request)
    {
        if (!_decodeRouter.HasReady(request))
        {
            Wait(_undecoded, request);
            return null;
        }

        request.WaitsSince = null;
        return request.ChosenDecode >= 0 && Side(_decode, request.ChosenDecode) is { IsReady: true } chosen
            ? chosen
            : _decodeRouter.Choose(request, _simulation.Now).Instance!;
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
        _lastEnd = request.Finish;
        _models[request.Model].OutputEstimate.AddFinished(request.TokensToReceive);
        var met = _recorder.Met;
        _recorder.OnFinished(request);
        Count(request, ended: 1, met: _recorder.Met - met);
        _feedback?.Tell(request, _simulation.Now);
        _persistence?.Forget(request);
        _live?.Remove(request);
        _conversations.OnEnded(request, isServed: true);
        if (_fleet is not null)
        {
            NoteRecovery(request);
            _fleet.OnLeft();
        }

        _requests.GiveBack(request);
    }

    private void Count(Request request, long arrived = 0, long ended = 0, long met = 0)
    {
        if (_models.Find(request.Model) is { Counts: var counts } model)
        {
            model.Counts = new(counts.Arrived + arrived, counts.Ended + ended, counts.Met + met);
        }
    }

    private void RequireEverythingDone()
    {
        foreach (var instance in Instances)
        {
            instance.RequireEmpty();
        }

        _transfers.RequireEmpty();
        _encode?.RequireEmpty();
        Invariant.Require(
            _recorder.Arrived == _recorder.Finished + _recorder.Unserved,
            $"{_recorder.Arrived} requests arrived, but {_recorder.Finished} finished and {_recorder.Unserved} ended otherwise"
        );
        Invariant.Require(
            ComputedTokens == _recorder.Tokens.Computed,
            $"{ComputedTokens} tokens were computed, but {_recorder.Tokens.Computed} are accounted for"
        );
    }
}
