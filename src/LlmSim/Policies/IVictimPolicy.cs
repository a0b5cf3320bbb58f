using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// Says who is preempted when KV memory runs out: victim. What a victim had is computed anew; without a policy the latest to join the batch goes. It is
/// asked where an engine of kind vllm, or a decode instance without an engine, lacks memory for the next iteration.
/// </summary>
public interface IVictimPolicy
{
    /// <summary>Chooses among the running requests; there is at least one.</summary>
    /// <returns>A position in <see cref="VictimContext.Running" />, from 0.</returns>
    int Choose(in VictimContext context);
}

/// <summary>What the choice of a victim may look at.</summary>
public readonly ref struct VictimContext
{
    private readonly Instance _instance;

    internal VictimContext(
        SimTime now,
        Instance instance,
        ReadOnlySpan<RunningRequest> running,
        RandomStream random
    )
    {
        Now = now;
        _instance = instance;
        Running = running;
        Random = random;
    }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; }

    /// <summary>The instance that lacks memory.</summary>
    public InstanceView Instance => new(_instance, PolicyDecisions.Victim.Stage());

    /// <summary>The running requests in the order in which they joined the batch.</summary>
    public ReadOnlySpan<RunningRequest> Running { get; }

    /// <summary>The decision's own random stream.</summary>
    public RandomStream Random { get; }
}
