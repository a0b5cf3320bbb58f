using LlmSim.Batching;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Transfers;
using LlmSim.Workloads;

namespace LlmSim.Tests.Properties;

/// <summary>
/// The instances of a random cluster without the cluster: a test calls them in any order that a cluster and its policies could, and keeps
/// a model beside each of them, which requests are there and what it holds for those that are not.
/// </summary>
internal sealed class InstanceWorld
{
    private readonly Scenario _scenario;
    private readonly Simulation _simulation = new();
    private readonly List<InstanceCall> _calls = [];
    private readonly Dictionary<Instance, Queue<(InstanceCall Call, Request Request)>> _unreserved = [];
    private readonly Dictionary<Request, InstanceCall> _callOf = [];
    private readonly List<Request> _queue = [];

    /// <summary>Tokens of prompts that have been computed in part.</summary>
    private readonly Dictionary<Request, int> _computed = [];
    private Request[] _strangers;

    public InstanceWorld(Scenario scenario, int maxIterationsPerEvent)
    {
        _scenario = scenario;
        var build = new ClusterBuilder(
            scenario,
            _simulation,
            new ModelsInUse(scenario.Models, scenario.Semantics),
            new InterTokenLatency(),
            maxIterationsPerEvent,
            new StageEvents(
                KvTransfers.SendsParts(scenario.Semantics.KvTransfer)
                    ? new(OnPartPlanned, OnPartComputed, OnPartsLost)
                    : null,
                OnPrefilled,
                OnDecoded,
                OnRoom,
                _ => { }
            ),
            new FairNetwork(_simulation)
        );
        Instances = [.. build.PrefillInstances(), .. build.DecodeInstances(), .. build.MixedInstances()];
        Present = Instances.ToDictionary(instance => instance, _ => new HashSet<Request>());
        Held = Instances.ToDictionary(instance => instance, _ => 0);
        _strangers = Strangers(firstHashId: 0);
    }

    public Instance[] Instances { get; }

    /// <summary>What the instances said, and when.</summary>
    public List<(string What, long Request, int Instance, SimTime At)> Log { get; } = [];

    /// <summary>Requests that each instance has taken in and not given away.</summary>
    public Dictionary<Instance, HashSet<Request>> Present { get; }

    /// <summary>Memory that an instance holds, or time that it counts, for requests that are elsewhere: sent, to come, being fetched for.</summary>
    public Dictionary<Instance, int> Held { get; }

    public int Fetches { get; private set; }
    public int Reservations { get; private set; }
    public int Preemptions { get; private set; }

    public SimTime Now => _simulation.Now;

    /// <summary>Makes the calls, each at its time, and lets everything end.</summary>
    public void Run(IReadOnlyList<InstanceCall> calls, ISimulationObserver? observer = null)
    {
        _simulation.Observer = observer;
        _strangers = Strangers(calls[0].FirstHashId);
        foreach (var call in calls)
        {
            _simulation.Schedule(
                call.At,
                call.ComesToDecode ? EventRanks.TransferFinish : EventRanks.Arrival,
                Make,
                _calls.Count
            );
            _calls.Add(call);
        }

        _simulation.Run(Xunit.TestContext.Current.CancellationToken);
        foreach (var instance in Instances)
        {
            instance.RequireEmpty();
            Invariant.Require(
                Present[instance].Count == 0 && Held[instance] == 0,
                $"{instance} ended with {Present[instance].Count} requests in the model"
            );
        }
    }

    /// <summary>All that policies, samples and transfers are told of an instance.</summary>
    public InstanceLook Look(Instance instance)
    {
        _queue.Clear();
        instance.CopyQueueTo(_queue);
        return new InstanceLook(
            instance.QueuedRequests,
            instance.RunningRequests,
            instance.HeldKvBytes,
            instance.CommittedKvBytes,
            instance.KvBlocks,
            string.Join(' ', _queue.Select(request => request.Id).Order()),
            string.Join(' ', _strangers.Select(instance.CachedPrefixTokens)),
            instance.PrefillQueueSeconds(_strangers[0]),
            instance.EstimatedWork(_strangers[0], Stage.Prefill),
            instance.EstimatedWork(_strangers[1], Stage.Decode)
        );
    }

    /// <summary>What must hold of an instance at any instant, whatever was called before.</summary>
    public void RequireModel(Instance instance)
    {
        var (present, look) = (Present[instance], Look(instance));
        Invariant.Require(
            look.Queued + look.Running == present.Count,
            $"{instance} at {Now}: {look.Queued} queued and {look.Running} running; {present.Count} are there"
        );
        Invariant.Require(
            _queue.Count == look.Queued && _queue.TrueForAll(present.Contains),
            $"{instance} at {Now}: the queue is {look.Queue}; it says {look.Queued}"
        );
        Invariant.Require(
            look.HeldKvBytes >= 0 && look.HeldKvBytes <= look.CommittedKvBytes,
            $"{instance} at {Now}: {look.HeldKvBytes} bytes held, {look.CommittedKvBytes} committed"
        );
        Invariant.Require(
            instance is not BatchedInstance && _scenario.Semantics.Admission == Admission.Overshoot
                || look.HeldKvBytes <= instance.KvCapacityBytes,
            $"{instance} at {Now}: {look.HeldKvBytes} bytes held of {instance.KvCapacityBytes}"
        );
        // What has nothing to do has no work ahead, whatever it did before and whatever others of its group do.
        Invariant.Require(
            present.Count > 0
                || Held[instance] > 0
                || look
                    is {
                        CommittedKvBytes: 0,
                        KvBlocks.Used: 0,
                        PrefillQueueSeconds: 0,
                        WorkToPrefill: 0,
                        WorkToDecode: 0
                    },
            $"{instance} at {Now} has nothing to do: {look}"
        );
        Invariant.Require(
            present.Count == 0 || look.CommittedKvBytes > 0,
            $"{instance} at {Now} has {present.Count} requests and no KV cache to hold"
        );
    }

    private bool IsReserving => _scenario.Semantics.KvTransfer >= KvTransfer.ContendedLinks;

    private void Make(long place)
    {
        var call = _calls[(int)place];
        var instance = Instances[call.Instance];
        var request = NewRequest(call);
        if (!instance.CanEverHold(request))
        {
            Note("refused", request, instance);
            return;
        }

        _callOf.Add(request, call);
        if (!call.ComesToDecode)
        {
            Prefill(call, request, instance);
        }
        else if (IsReserving)
        {
            _unreserved.TryAdd(instance, new());
            _unreserved[instance].Enqueue((call, request));
            OnRoom(instance);
        }
        else
        {
            Accept(request, instance);
        }
    }

    private void Prefill(InstanceCall call, Request request, Instance instance)
    {
        var source = Instances[call.FetchesFrom];
        var tokens = instance.FetchableTokens(source.CachedPrefixTokens(request));
        if (tokens <= instance.CachedPrefixTokens(request))
        {
            Accept(request, instance);
            return;
        }

        Fetches++;
        Held[instance]++;
        instance.Expect(request, tokens);
        Later(
            call,
            () =>
            {
                instance.InsertPrefix(request, tokens);
                Held[instance]--;
                Accept(request, instance);
            }
        );
    }

    private void OnRoom(Instance instance)
    {
        while (
            _unreserved.TryGetValue(instance, out var waiting)
            && waiting.TryPeek(out var first)
            && instance.TryReserve(first.Request)
        )
        {
            waiting.Dequeue();
            Reservations++;
            Held[instance]++;
            Later(
                first.Call,
                () =>
                {
                    Held[instance]--;
                    Accept(first.Request, instance);
                }
            );
        }
    }

    private void Accept(Request request, Instance instance)
    {
        Present[instance].Add(request);
        instance.Accept(request);
    }

    private void OnPartPlanned(Request request, PlannedPart part)
    {
        Invariant.Require(
            part.End >= Now && part.From >= _computed.GetValueOrDefault(request),
            $"{request} at {Now}: {part} after {_computed.GetValueOrDefault(request)} tokens"
        );
    }

    private void OnPartComputed(Request request, int tokens)
    {
        Invariant.Require(
            tokens > _computed.GetValueOrDefault(request) && tokens < request.InputTokens,
            $"{request} has {tokens} tokens at {Now}, after {_computed.GetValueOrDefault(request)}"
        );
        _computed[request] = tokens;
    }

    private void OnPartsLost(Request request) => _computed.Remove(request);

    private void OnPrefilled(Request request)
    {
        var call = _callOf[request];
        var instance = Instances[call.Instance];
        Leave("prefilled", request, instance);
        Held[instance]++;
        Later(
            call,
            () =>
            {
                instance.Release(request);
                Held[instance]--;
            }
        );
    }

    private void OnDecoded(Request request)
    {
        Invariant.Require(
            request.GeneratedTokens == request.TraceOutputTokens,
            $"{request} left with {request.GeneratedTokens} tokens of {request.TraceOutputTokens}"
        );
        Leave("decoded", request, Instances[_callOf[request].Instance]);
    }

    private void Leave(string what, Request request, Instance instance)
    {
        Invariant.Require(Present[instance].Remove(request), $"{request} left {instance}, where it was not");
        Preemptions += request.Evictions;
        Note(what, request, instance);
    }

    private void Note(string what, Request request, Instance instance) =>
        Log.Add((what, request.Id, Array.IndexOf(Instances, instance), Now));

    private void Later(InstanceCall call, Action action) =>
        _simulation.Schedule(Now + call.Delay, EventRanks.TransferFinish, _ => action());

    private Request NewRequest(InstanceCall call)
    {
        var fromPrefill = _scenario.Semantics.OutputTokens == OutputTokens.FirstFromPrefill ? 1 : 0;
        var spec = call.Request;
        var request = new Request
        {
            Id = spec.Id,
            Arrival = Now,
            IsMeasured = true,
            TraceInputTokens = spec.InputTokens,
            TraceOutputTokens = spec.OutputTokens,
            InputTokens = spec.InputTokens,
            DecodeTokensOwed = spec.OutputTokens - fromPrefill,
            PredictedOutputTokens = spec.OutputTokens,
            TtftDeadline = Now + SimTime.FromSeconds(1),
            Content = new PromptContent(spec.HashIds!, spec.HashBlockTokens, spec.InputTokens),
        };
        if (call.ComesToDecode)
        {
            request.State = RequestState.DecodeGlobal;
            request.TokensFromPrefill = fromPrefill;
            (request.PrefillStart, request.PrefillFinish, request.LastToken) = (Now, Now, Now);
        }

        return request;
    }

    private static Request[] Strangers(long firstHashId) =>
        [Stranger(RequestState.PrefillGlobal, firstHashId), Stranger(RequestState.DecodeGlobal, firstHashId)];

    private static Request Stranger(RequestState state, long firstHashId) =>
        new()
        {
            Id = 1_000_000,
            State = state,
            TraceInputTokens = 100,
            InputTokens = 100,
            TraceOutputTokens = 50,
            DecodeTokensOwed = 49,
            Content = new PromptContent(
                [.. Enumerable.Range(0, 12).Select(block => firstHashId + block)],
                hashBlockTokens: 8,
                promptTokens: 100
            ),
        };
}

/// <summary>A request that is brought to an instance.</summary>
/// <param name="At">When.</param>
/// <param name="Instance">Place among all instances.</param>
/// <param name="Request">The request.</param>
/// <param name="ComesToDecode">Whether it has been prefilled elsewhere.</param>
/// <param name="FetchesFrom">Instance whose cached prefix is copied first, where that is of use.</param>
/// <param name="Delay">What a copy, or the sending of a KV cache, takes.</param>
/// <param name="FirstHashId">Where the contents begin that requests of the same sequence share.</param>
internal sealed record InstanceCall(
    SimTime At,
    int Instance,
    RequestSpec Request,
    bool ComesToDecode,
    int FetchesFrom,
    SimTime Delay,
    long FirstHashId
);

/// <summary>What an instance shows of itself at an instant.</summary>
internal sealed record InstanceLook(
    int Queued,
    int Running,
    long HeldKvBytes,
    long CommittedKvBytes,
    KvBlockUse KvBlocks,
    string Queue,
    string Cached,
    double PrefillQueueSeconds,
    double WorkToPrefill,
    double WorkToDecode
)
{
    /// <summary>The same but for a microsecond of work.</summary>
    public bool IsNear(InstanceLook other) =>
        Rounded(this) == Rounded(other)
        && IsNear(PrefillQueueSeconds, other.PrefillQueueSeconds)
        && IsNear(WorkToPrefill, other.WorkToPrefill)
        && IsNear(WorkToDecode, other.WorkToDecode);

    private static InstanceLook Rounded(InstanceLook look) =>
        look with
        {
            PrefillQueueSeconds = 0,
            WorkToPrefill = 0,
            WorkToDecode = 0,
        };

    private static bool IsNear(double one, double other) =>
        Math.Abs(one - other) <= 5e-6 + (1e-6 * Math.Abs(one));
}
