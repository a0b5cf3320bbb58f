using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Instances.Queues;

/// <summary>Asks a policy whom to preempt and checks the answer.</summary>
internal sealed class VictimChooser(IVictimPolicy policy, RandomStream random)
{
    /// <summary>The position of the policy's choice.</summary>
    /// <param name="instance">The instance that lacks memory.</param>
    /// <param name="now">The simulated clock.</param>
    /// <param name="running">Its running requests in the order in which they joined; at least one.</param>
    public int Choose(Instance instance, SimTime now, List<RunningState> running)
    {
        var position = Ask(instance, now, [.. running.Select(state => new RunningRequest(state))]);
        return position >= 0 && position < running.Count
            ? position
            : throw new UserErrorException(
                $"policy {PolicyNames.Of(policy)}: at {now} it chose position {position} of {running.Count} running requests"
            );
    }

    private int Ask(Instance instance, SimTime now, ReadOnlySpan<RunningRequest> running)
    {
        try
        {
            using var call = AuthorsCall.Enter(
                policy,
                "at {0}, asked to pick a victim of {1}",
                now,
                running.Length
            );
            return policy.Choose(new VictimContext(now, instance, running, random));
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw PolicyFailure.Of(policy, now, $"asked to pick a victim of {running.Length}", e);
        }
    }
}
