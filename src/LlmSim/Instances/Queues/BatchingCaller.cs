using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Instances.Queues;

/// <summary>Asks a policy what an iteration computes.</summary>
internal sealed class BatchingCaller(IBatchingPolicy policy, RandomStream random)
{
    /// <summary>Has it plan.</summary>
    /// <param name="instance">The instance of the engine.</param>
    /// <param name="now">The simulated clock.</param>
    /// <param name="batch">The engine.</param>
    public void Plan(Instance instance, SimTime now, IBatchUnderPlan batch)
    {
        var (running, waiting) = (batch.Running, batch.Waiting);
        try
        {
            using var call = AuthorsCall.Enter(
                policy,
                "at {0}, asked to plan an iteration of {1} running requests",
                now,
                running
            );
            policy.Plan(new BatchingContext(now, instance, batch, random));
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw PolicyFailure.Of(
                policy,
                now,
                $"asked to plan an iteration of {running} running and {waiting} waiting requests",
                e
            );
        }
    }

    /// <summary>It has planned nothing, and nothing would ever wake the engine.</summary>
    public UserErrorException Idle(SimTime now, int running, int waiting) =>
        new(
            $"policy {PolicyNames.Of(policy)}: at {now} it planned no tokens for {running} running and {waiting} waiting requests; a plan has to compute something when it can"
        );
}
