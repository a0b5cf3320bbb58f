using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Has the members of a data-parallel group compute prompts together, as TensorRT-LLM's attention_dp_config with enable_balance: an iteration takes as long as
/// that of the member with most tokens, so that prompts of one member alone hold up all. Prompts are held back until every member has some and a place
/// for one, or for so many iterations; the count of these goes on while nobody waits.
/// </summary>
/// <remarks>The rule is RequestScheduler's in _torch/pyexecutor/scheduler.</remarks>
/// <param name="timeoutIterations">Iterations after which prompts are no longer held back.</param>
/// <param name="batchingWaitIterations">Iterations that they are held back when every member has some, for more to come.</param>
internal sealed class PromptBalance(int timeoutIterations, int batchingWaitIterations)
{
    private int _waiting;
    private int _batching;
    private State _state;

    /// <summary>How the members were found.</summary>
    private enum State
    {
        OneDoesNotDecode,
        AllHavePrompts,
        OneHasNone,
    }

    /// <summary>The balance of an engine; null where it has none.</summary>
    public static PromptBalance? Of(EngineSpec engine, InstanceRole role) =>
        role == InstanceRole.Mixed && engine.AttentionDpTimeoutIterations is { } timeout
            ? new(timeout, engine.AttentionDpBatchingWaitIterations)
            : null;

    /// <summary>Whether the next iteration holds prompts back.</summary>
    /// <param name="members">What each has before it.</param>
    /// <param name="repeated">Iterations that have ended since it was last asked, and were like the one it was asked for.</param>
    public bool Holds(IReadOnlyList<BatchedInstance> members, int repeated)
    {
        Count(repeated);
        _state = Find(members);
        Count(1);
        return _state switch
        {
            State.OneDoesNotDecode => false,
            State.AllHavePrompts => _batching > 0,
            _ => _waiting > 0,
        };
    }

    /// <summary>The iteration has been planned: those that repeat it find the members as they are now.</summary>
    public void OnPlanned(IReadOnlyList<BatchedInstance> members) => _state = Find(members);

    private static State Find(IReadOnlyList<BatchedInstance> members)
    {
        var (allPlaces, allPrompts, allDecode) = (true, true, true);
        foreach (var member in members)
        {
            var next = member.LooksAhead();
            allPlaces &= next.HasPlace;
            allPrompts &= next.HasPrompt;
            allDecode &= next.Decodes;
        }

        return !allDecode ? State.OneDoesNotDecode
            : allPlaces && allPrompts ? State.AllHavePrompts
            : State.OneHasNone;
    }

    /// <summary>Counts iterations; at 0 nobody is held back.</summary>
    private void Count(int iterations)
    {
        _waiting = _state == State.OneHasNone ? (_waiting + iterations) % timeoutIterations : 0;
        _batching =
            _state == State.AllHavePrompts
                ? (_batching + iterations) % (batchingWaitIterations + 1)
                : _batching;
    }
}

/// <summary>What a member of a group has before it.</summary>
/// <param name="HasPrompt">Whether it would compute a part of a prompt in the next iteration.</param>
/// <param name="HasPlace">Whether fewer requests decode than it has places.</param>
/// <param name="Decodes">Whether any request decodes.</param>
internal readonly record struct NextIteration(bool HasPrompt, bool HasPlace, bool Decodes);
