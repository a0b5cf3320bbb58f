using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Requests;

/// <summary>What a client asked for, over all its attempts to get it.</summary>
internal sealed class Call
{
    /// <summary>The request as the workload has it.</summary>
    public required RequestSpec Spec { get; init; }

    /// <summary>When it was first sent.</summary>
    public required SimTime FirstSent { get; init; }

    /// <summary>The attempt that is under way; null while the client waits to try again, and when it is over.</summary>
    public Request? Attempt { get; set; }

    /// <summary>Attempts that were sent.</summary>
    public int Attempts { get; set; }

    /// <summary>How often it started over because an instance failed.</summary>
    public int Failovers { get; set; }

    /// <summary>When the first token came, of those that a failed instance had generated and its client has kept.</summary>
    public SimTime FirstToken { get; set; }

    /// <summary>The conversation that it belongs to; null when it stands alone.</summary>
    public OpenConversation? Conversation { get; set; }

    /// <summary>Its turn there.</summary>
    public int Turn { get; set; }

    /// <summary>Whether the statistics count it.</summary>
    public bool IsMeasured { get; set; }

    /// <summary>What policies are told of its output.</summary>
    public int? PredictedOutputTokens { get; set; }
}

/// <summary>A conversation of which a turn has been sent.</summary>
/// <param name="conversation">What is said in it.</param>
/// <param name="first">The request that began it.</param>
internal sealed class OpenConversation(Conversation conversation, RequestSpec first)
{
    /// <summary>For each turn, those that it waits for.</summary>
    private readonly int[] _awaited = [.. conversation.Turns.Select(turn => turn.After.Count)];

    /// <summary>Turns that were sent or wait for their time, and have not ended.</summary>
    private int _open = 1;

    public Conversation Conversation => conversation;

    public RequestSpec First => first;

    /// <summary>Turns that were sent or wait for their time.</summary>
    public int Begun { get; private set; } = 1;

    /// <summary>Whether no turn is under way, and none to come.</summary>
    public bool IsOver => _open == 0;

    /// <summary>A turn has ended.</summary>
    /// <param name="turn">Which one.</param>
    /// <param name="isServed">Whether it got its answer: without it no other turn follows.</param>
    /// <param name="next">The turns that waited for it alone are added to it.</param>
    public void End(int turn, bool isServed, List<int> next)
    {
        _open--;
        if (!isServed)
        {
            return;
        }

        foreach (var follower in conversation.Followers(turn))
        {
            if (--_awaited[follower] == 0)
            {
                _open++;
                Begun++;
                next.Add(follower);
            }
        }
    }
}
