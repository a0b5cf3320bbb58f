using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>
/// Random situations to decide in, without a simulation around them. Few distinct values, so that there are ties. Each
/// world gives the same situations.
/// </summary>
internal sealed class DecisionWorld
{
    private const long HorizonNanoseconds = 10_000_000_000;
    private const int MaxInstances = 6;
    private const int MaxQueue = 12;

    private static readonly InstanceSpec s_spec = new()
    {
        Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_L4"),
        TpSize = 1,
    };

    private readonly RandomStream _world = new(3, "world");

    /// <summary>The instance whose queues they are.</summary>
    public Instance Instance { get; } = new StagedInstance(0, s_spec);

    /// <summary>A policy's random stream.</summary>
    public static RandomStream NewStream() => new(4, "policy");

    /// <summary>A request to be placed, and the instances offered.</summary>
    public (Instance[] Instances, Request Request, SimTime Now) NextPlacement(int trueOutputTokens)
    {
        Instance[] instances =
        [
            .. Enumerable.Range(0, 1 + _world.Next(MaxInstances)).Select(index => NextInstance(index)),
        ];
        var now = NextInstant();
        return (instances, NextRequest(id: 0, now, 1 + _world.Next(1000), trueOutputTokens), now);
    }

    /// <summary>A queue to pick from.</summary>
    public (Request[] Queue, SimTime Now) NextQueue(int trueOutputTokens)
    {
        var now = NextInstant();
        Request[] queue =
        [
            .. Enumerable
                .Range(0, 1 + _world.Next(MaxQueue))
                .Select(id => NextRequest(id, now, 1 + _world.Next(5), trueOutputTokens)),
        ];
        return (queue, now);
    }

    /// <summary>An engine whose iteration is to be planned.</summary>
    public (BatchUnderTest Batch, SimTime Now) NextBatch(int trueOutputTokens)
    {
        var (queue, now) = NextQueue(trueOutputTokens);
        var running = _world.Next(queue.Length + 1);
        return (new BatchUnderTest(queue[..running], queue[running..], _world.Next(30)), now);
    }

    /// <summary>A stage to be sized.</summary>
    public FleetContext NextFleet()
    {
        var ready = _world.Next(MaxInstances);
        var ended = _world.Next(20);
        return new FleetContext
        {
            Now = NextInstant(),
            Stage = "mixed",
            Ready = ready,
            Starting = _world.Next(2),
            Min = 0,
            Max = MaxInstances,
            QueuedRequests = _world.Next(100),
            RunningRequests = _world.Next(100),
            KvShare = ready == 0 ? 0 : _world.NextDouble(),
            Arrivals = _world.Next(30),
            Ended = ended,
            Met = _world.Next(ended + 1),
            IntervalSeconds = 10,
            StartSeconds = 30,
        };
    }

    private SimTime NextInstant() => new((long)(_world.NextDouble() * HorizonNanoseconds));

    private StagedInstance NextInstance(int index) =>
        new(index, s_spec)
        {
            Queued = _world.Next(4),
            Running = _world.Next(4),
            Work = _world.Next(5),
            Committed = _world.Next(2 * StagedInstance.Capacity),
            Cached = _world.Next(4) * 100,
        };

    private Request NextRequest(int id, SimTime now, int tokens, int trueOutputTokens)
    {
        var arrival = now.Nanoseconds * _world.Next(5) / 5;
        var wait = now.Nanoseconds - arrival;
        return new()
        {
            Id = id,
            Arrival = new SimTime(arrival),
            Queued = new SimTime(arrival + (wait * _world.Next(3) / 2)),
            PrefillDuration = new SimTime(_world.Next(5) * HorizonNanoseconds / 10),
            TtftDeadline = new SimTime(arrival + HorizonNanoseconds),
            TraceInputTokens = tokens,
            InputTokens = tokens,
            TraceOutputTokens = trueOutputTokens,
            DecodeTokensOwed = trueOutputTokens,
            PredictedOutputTokens = _world.Next(3) == 0 ? null : 1 + _world.Next(500),
            Call = new Call
            {
                FirstSent = new SimTime(arrival),
                Spec = new RequestSpec(id, new SimTime(arrival), tokens, trueOutputTokens)
                {
                    Origin = new RequestOrigin
                    {
                        Class = $"class {id % 2}",
                        Tenant = $"tenant {id % 3}",
                        Priority = (id % 3) - 1,
                        Weight = 1 + (id % 2),
                    },
                },
            },
        };
    }
}
