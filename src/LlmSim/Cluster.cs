using LlmSim.Decode;
using LlmSim.Engine;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Prefill;
using LlmSim.Transfer;
using LlmSim.Workloads;

namespace LlmSim;

/// <summary>
/// The life of a request, and the only place that knows every stage:
/// arrival → prefill_global → prefill queue (prefill_local) → prefill → KV transfer → decode_global
/// → decode queue (decode_local) → decode batch → finished.
/// </summary>
internal sealed class Cluster : IEventHandler
{
    private readonly Scenario _scenario;
    private readonly Simulation _simulation = new();
    private readonly MetricsRecorder _recorder;
    private readonly OutputEstimate _outputEstimate = new();
    private readonly RandomStream _predictionErrors;
    private readonly IEnumerator<RequestSpec> _workload;
    private readonly PrefillInstance[] _prefill;
    private readonly IKvTransfer[] _transfers;
    private readonly DecodeInstance[] _decode;
    private readonly Router<PrefillInstance> _prefillRouter;
    private readonly Router<DecodeInstance> _decodeRouter;
    private readonly SimTime _ttftSlo;
    private readonly long _kvBytesPerToken;
    private readonly int _tokensFromPrefill;

    /// <summary>Requests that have left, to be used again: a long run allocates no more than a short one.</summary>
    private readonly Stack<Request> _left = new();

    public Cluster(
        Scenario scenario,
        IEnumerable<RequestSpec> workload,
        MetricsRecorder recorder,
        int maxIterationsPerEvent
    )
    {
        _scenario = scenario;
        _recorder = recorder;
        _workload = workload.GetEnumerator();
        _ttftSlo = SimTime.FromSeconds(scenario.TtftSloSeconds);
        _kvBytesPerToken = KvCapacity.BytesPerToken(scenario.Model, scenario.Precision, scenario.Semantics);
        _tokensFromPrefill = scenario.Semantics.OutputTokens == OutputTokens.FirstFromPrefill ? 1 : 0;
        _predictionErrors = new RandomStream(scenario.Seed, "output_predictor");
        var build = new ClusterBuilder(scenario, _simulation, _kvBytesPerToken);
        _prefill = build.PrefillInstances(OnPrefilled);
        _transfers = build.Transfers(OnTransferred);
        _decode = build.DecodeInstances(
            _outputEstimate,
            recorder.InterTokenLatency,
            OnDecoded,
            maxIterationsPerEvent
        );
        _prefillRouter = build.Router(
            PolicyDecisions.PrefillGlobal,
            scenario.Policies.PrefillGlobal,
            _prefill
        );
        _decodeRouter = build.Router(PolicyDecisions.DecodeGlobal, scenario.Policies.DecodeGlobal, _decode);
    }

    public IReadOnlyList<PrefillInstance> PrefillInstances => _prefill;

    public IReadOnlyList<DecodeInstance> DecodeInstances => _decode;

    public SimTime Now => _simulation.Now;

    public long EventCount => _simulation.EventCount;

    public void Run(CancellationToken cancellation)
    {
        using (_workload)
        {
            ScheduleNextArrival();
            _simulation.Run(cancellation);
        }

        RequireEverythingDone();
    }

    /// <summary>The next request of the workload arrives; the one after it is pulled.</summary>
    public void Handle(long argument)
    {
        var spec = _workload.Current;
        ScheduleNextArrival();
        _recorder.OnArrival(_simulation.Now);
        OnArrival(NewRequest(spec));
    }

    public override string ToString() => "arrivals";

    private void OnArrival(Request request)
    {
        if (ReasonToReject(request) is { } reason)
        {
            request.State = RequestState.Rejected;
            _recorder.OnRejected(request, reason);
            Leave(request);
            return;
        }

        _prefillRouter.Choose(request, _simulation.Now).Accept(request);
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

        _transfers[request.PrefillInstance].Start(request, request.InputTokens * _kvBytesPerToken);
    }

    private void OnTransferred(Request request)
    {
        request.TransferFinish = _simulation.Now;
        _prefill[request.PrefillInstance].Release(request);
        _decodeRouter.Choose(request, _simulation.Now).Accept(request);
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
        Leave(request);
    }

    private void Leave(Request request)
    {
        request.Renew();
        _left.Push(request);
    }

    private string? ReasonToReject(Request request)
    {
        if (_scenario.Semantics.Admission == Admission.Overshoot)
        {
            return null;
        }

        if ((long)request.TraceInputTokens + request.TraceOutputTokens > _scenario.Model.MaxContextTokens)
        {
            return "prompt and output exceed the model's context window";
        }

        if (!_prefillRouter.CanServe(request))
        {
            return "prompt exceeds the KV memory of every prefill instance";
        }

        return _decodeRouter.CanServe(request)
            ? null
            : "prompt and output exceed the KV memory of every decode instance";
    }

    private Request NewRequest(in RequestSpec spec)
    {
        var request = _left.TryPop(out var left) ? left : new Request();
        request.Id = spec.Id;
        request.Arrival = spec.Arrival;
        request.TraceInputTokens = spec.InputTokens;
        request.TraceOutputTokens = spec.OutputTokens;
        request.InputTokens = spec.InputTokens;
        request.DecodeTokensOwed = spec.OutputTokens - _tokensFromPrefill;
        request.TtftDeadline = spec.Arrival + _ttftSlo;
        request.PredictedOutputTokens = _scenario.OutputPredictor.Predict(
            spec.OutputTokens,
            _predictionErrors
        );
        return request;
    }

    private void ScheduleNextArrival()
    {
        if (!_workload.MoveNext())
        {
            return;
        }

        var next = _workload.Current;
        if (next.Arrival < _simulation.Now)
        {
            throw new UserErrorException(
                $"request {next.Id} of the workload arrives at {next.Arrival}, before the one ahead of it at {_simulation.Now}"
            );
        }

        if (next.InputTokens < 1 || next.OutputTokens < 1)
        {
            throw new UserErrorException(
                $"request {next.Id} of the workload has {next.InputTokens} input and {next.OutputTokens} output tokens; both must be at least 1"
            );
        }

        _simulation.Schedule(next.Arrival, EventRanks.Arrival, this);
    }

    private void RequireEverythingDone()
    {
        Invariant.Require(
            _recorder.Arrived == _recorder.Finished + _recorder.Rejected,
            $"{_recorder.Arrived} requests arrived, but {_recorder.Finished} finished and {_recorder.Rejected} were rejected"
        );
        foreach (var instance in _prefill)
        {
            instance.RequireEmpty();
        }

        foreach (var transfer in _transfers)
        {
            transfer.RequireEmpty();
        }

        foreach (var instance in _decode)
        {
            instance.RequireEmpty();
        }
    }
}
