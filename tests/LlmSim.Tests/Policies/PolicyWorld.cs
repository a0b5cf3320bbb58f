using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim.Tests.Policies;

/// <summary>Instances and requests for policies to choose from, without a simulation around them.</summary>
internal static class PolicyWorld
{
    private static readonly InstanceSpec s_spec = new()
    {
        TpSize = 1,
        Hardware = new HardwareDescription
        {
            Name = "test",
            MemoryBytesPerSecond = 1,
            Fp16OpsPerSecond = 1,
            Int8OpsPerSecond = 1,
            OnChipBufferBytes = 1,
            MemoryBytes = 1,
            LinkBytesPerSecond = 1,
            LinkLatencySeconds = 1,
            Source = "made up",
        },
    };

    public static Instance Instance(
        int index = 0,
        int queued = 0,
        int running = 0,
        double work = 0,
        long capacity = 1000,
        long committed = 0,
        int cached = 0,
        double kvLinkBytesPerSecond = 10,
        double kvLinkLatencySeconds = 0
    ) =>
        new StagedInstance(
            index,
            s_spec with
            {
                KvLinkBytesPerSecond = kvLinkBytesPerSecond,
                KvLinkLatencySeconds = kvLinkLatencySeconds,
            },
            capacity
        )
        {
            Queued = queued,
            Running = running,
            Work = work,
            Committed = committed,
            Cached = cached,
        };

    public static Request Request(
        long id = 0,
        long arrival = 0,
        long queued = 0,
        long prefill = 1,
        long deadline = long.MaxValue,
        int tokens = 1,
        int outputTokens = 1
    ) =>
        new()
        {
            Id = id,
            Arrival = new SimTime(arrival),
            Queued = new SimTime(queued),
            PrefillDuration = new SimTime(prefill),
            TtftDeadline = new SimTime(deadline),
            TraceInputTokens = tokens,
            InputTokens = tokens,
            TraceOutputTokens = outputTokens,
            DecodeTokensOwed = outputTokens,
        };

    public static int Choose(
        this IGlobalPolicy policy,
        ReadOnlySpan<Instance> instances,
        RandomStream? random = null,
        Request? request = null,
        PolicyDecisions decision = PolicyDecisions.PrefillGlobal
    ) =>
        policy.Choose(
            new GlobalContext(decision, SimTime.Zero, request ?? Request(), instances, random ?? Stream())
        );

    public static int Choose(
        this ILocalPolicy policy,
        ReadOnlySpan<Request> queue,
        long now = 0,
        RandomStream? random = null,
        PolicyDecisions decision = PolicyDecisions.PrefillLocal
    ) => policy.Choose(new LocalContext(decision, new SimTime(now), Instance(), queue, random ?? Stream()));

    public static RandomStream Stream(long seed = 1) => new(seed, "policy");
}
