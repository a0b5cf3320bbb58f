using LlmSim.Clients;
using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Tests.Models;
using LlmSim.Workloads;

namespace LlmSim.Tests.Fleets;

/// <summary>A random cluster whose clients lose patience and talk in turns, and whose instances fail, are slow and come back.</summary>
internal sealed class DisturbedCluster
{
    private readonly RandomStream _random;
    private readonly RandomCluster _cluster;
    private readonly double _span;
    private readonly double _staleness;
    private readonly bool _isPushed;
    private readonly bool _switches;
    private readonly bool _hasTwoModels;
    private readonly int _stages;

    public DisturbedCluster(int seed)
    {
        _cluster = new RandomCluster(seed);
        _random = new RandomStream(seed, "disturbances");
        _span = Math.Max(0.05, _cluster.Requests[^1].Arrival.Seconds);
        Clients = DrawClients();
        Fleet = DrawFleet();
        var models = new RandomStream(seed, "models");
        _hasTwoModels = models.Next(3) == 0;
        if (
            _hasTwoModels
            && models.Next(2) == 0
            && TwoModels.Machines(NewScenario(), models) is { Count: > 0 } machines
        )
        {
            Fleet = (Fleet ?? new FleetPlan { StartSeconds = Share(0.1) }) with { Swaps = machines };
        }

        Requests = [.. DrawRequests().Select(request => _hasTwoModels ? OfAModel(request, models) : request)];
        if (_random.Next(3) == 0)
        {
            Concurrency = 1 + _random.Next(8);
        }

        _switches = _random.Next(2) == 0;
        Fleet = Fleet is null ? null : Fleet with { Drain = (DrainPlan)_random.Next(2) };
        _staleness = _random.Next(2) * Share(0.05);
        _isPushed = _random.Next(2) == 0;
        _stages = seed % 3 == 0 ? 2 + (seed % 2) : 1;
    }

    public ClientBehavior Clients { get; }

    public FleetPlan? Fleet { get; }

    public int? Concurrency { get; }

    public IReadOnlyList<RequestSpec> Requests { get; }

    /// <summary>Requests that are sent unless a turn breaks off.</summary>
    public long Turns => Requests.Sum(request => request.Conversation?.Turns.Count ?? 1L);

    /// <summary>A fresh scenario: policies keep state.</summary>
    public Scenario NewScenario()
    {
        var one = InStages(_cluster.NewScenario());
        var scenario = (_hasTwoModels ? TwoModels.Join(one, WithThickerTokens(one)) : one) with
        {
            Clients = Clients,
            Fleet = Fleet,
            Concurrency = Concurrency,
            RouterStalenessSeconds = _staleness,
            RouterLoadIsPushed = _isPushed,
        };
        var staged = scenario.PrefillInstances.Concat(scenario.DecodeInstances).ToArray();
        var maySwitch =
            _switches
            && !_hasTwoModels
            && staged.Length > 0
            && !scenario.Instances.Any(spec => spec.Engine is { DataParallelGroup: not null });
        return Fleet is null || !maySwitch
            ? scenario
            : scenario with
            {
                PrefillInstances = Switching(scenario.PrefillInstances),
                DecodeInstances = Switching(scenario.DecodeInstances),
                Fleet = Fleet with
                {
                    SwitchSeconds = _span / 100,
                    Autoscale = new AutoscalePlan
                    {
                        Policies = new Dictionary<string, IAutoscalePolicy>
                        {
                            ["prefill"] = new BackAndForth(),
                        },
                        IntervalSeconds = _span / 20,
                        CooldownSeconds = 0,
                    },
                },
            };
    }

    /// <summary>Engines that are on their own are pipelines in some clusters.</summary>
    private Scenario InStages(Scenario scenario)
    {
        return scenario with
        {
            PrefillInstances = [.. scenario.PrefillInstances.Select(Divided)],
            DecodeInstances = [.. scenario.DecodeInstances.Select(Divided)],
            MixedInstances = [.. scenario.MixedInstances.Select(Divided)],
        };

        InstanceSpec Divided(InstanceSpec spec) =>
            spec.Engine is { DataParallelGroup: null, Speculation: null }
                ? spec with
                {
                    PpSize = _stages,
                    LinkBytesPerSecond = 1e6,
                }
                : spec;
    }

    private static InstanceSpec[] Switching(IEnumerable<InstanceSpec> specs) =>
        [.. specs.Select(spec => spec with { Switches = true })];

    /// <summary>The same cluster of a model that keeps twice as much of a token.</summary>
    private static Scenario WithThickerTokens(Scenario scenario) =>
        scenario with
        {
            Model = scenario.Model with
            {
                Attention = scenario.Model.Attention with { KvHeads = 2, Heads = 2 },
            },
        };

    /// <summary>A request for one of both models, or for one that nobody serves.</summary>
    private static RequestSpec OfAModel(in RequestSpec request, RandomStream random)
    {
        var model =
            random.Next(40) == 0 ? "nobody's"
            : random.Next(2) == 0 ? "other"
            : null;
        return request with { Origin = (request.Origin ?? new RequestOrigin()) with { Model = model } };
    }

    public override string ToString() => $"disturbed {_cluster}";

    private ClientBehavior DrawClients() =>
        new()
        {
            TtftPatience = Sometimes(() => Durations.Exponential(Share(0.5))),
            TotalPatience = Sometimes(() => Durations.Constant(Share(2))),
            ThinkTime = Sometimes(() => Durations.Exponential(Share(0.1))),
            MaxRetries = _random.Next(4),
            BackoffSeconds = Share(0.2),
            MaxBackoffSeconds = Share(1),
        };

    private FleetPlan? DrawFleet()
    {
        if (_random.Next(4) == 0)
        {
            return null;
        }

        return new FleetPlan
        {
            LostRequests = (LostRequests)_random.Next(3),
            StartSeconds = Share(0.1),
            Failures = Sometimes(() =>
                new FailureProcess
                {
                    MtbfSeconds = Share(6),
                    Shape = 0.5 + (2 * _random.NextDouble()),
                    Repair = Durations.Exponential(Share(0.1)),
                    NoticeSeconds = _random.Next(2) * Share(0.05),
                    InstancesPerNode = 1 + _random.Next(2),
                    NodeMtbfSeconds = _random.Next(2) == 0 ? Share(8) : null,
                }
            ),
            Faults = [.. Enumerable.Range(0, _random.Next(5)).Select(_ => DrawFault())],
        };
    }

    private Fault DrawFault() =>
        new()
        {
            AtSeconds = Share(1),
            Kind = (FaultKind)_random.Next(3),
            ForSeconds = Share(0.2),
            Factor = 0.2 + (3 * _random.NextDouble()),
            NoticeSeconds = _random.Next(2) * Share(0.05),
        };

    private IEnumerable<RequestSpec> DrawRequests()
    {
        var id = 0L;
        foreach (var request in _cluster.Requests)
        {
            var origin = new RequestOrigin
            {
                Class = $"class {_random.Next(2)}",
                Tenant = $"tenant {_random.Next(3)}",
                Priority = _random.Next(3),
            };
            if (_random.Next(4) > 0)
            {
                yield return request with
                {
                    Id = id++,
                    Origin = _random.Next(2) == 0 ? origin : null,
                };
                continue;
            }

            var conversation = DrawConversation(request);
            yield return conversation.Begin(id, request.Arrival, origin);
            id += conversation.Turns.Count;
        }
    }

    /// <summary>Turns that wait for one or two before them, and say again what was said in the last of these.</summary>
    private Conversation DrawConversation(RequestSpec first)
    {
        var turns = new List<Turn>();
        var count = 1 + _random.Next(4);
        for (var i = 0; i < count; i++)
        {
            int[] after = i == 0 ? [] : [.. new[] { _random.Next(i), i - 1 }.Distinct()];
            PromptSegment[] said = i == 0 ? [] : [.. turns[after[^1]].Prompt, turns[after[^1]].Output];
            var asks = Math.Max(1, first.InputTokens / 4);
            turns.Add(
                new Turn(
                    [.. said, new PromptSegment((100 * first.Id) + (2 * i), asks)],
                    new PromptSegment((100 * first.Id) + (2 * i) + 1, Math.Max(1, first.OutputTokens / 2)),
                    after,
                    _random.Next(2) * Share(0.1)
                )
            );
        }

        return new Conversation(turns);
    }

    private double Share(double most) => most * _span * (0.1 + (0.9 * _random.NextDouble()));

    private T? Sometimes<T>(Func<T> draw)
        where T : class => _random.Next(2) == 0 ? draw() : null;

    /// <summary>One to prefill, one to decode, and so on.</summary>
    private sealed class BackAndForth : IRolePolicy
    {
        private int _asked;

        public int Decide(in FleetContext context) => context.Ready;

        public int Switch(in RoleContext context) => ++_asked % 2 == 0 ? 1 : -1;
    }
}
