namespace LlmSim.Policies;

/// <summary>A bounded queue, as most servers have: who comes when it is full is turned away.</summary>
[Policy(
    "queue_limit",
    Decisions = PolicyDecisions.Admission,
    IgnoresTtftDeadline = true,
    Summary = "as long as fewer requests than a limit are queued"
)]
internal sealed class QueueLimitPolicy : IAdmissionPolicy
{
    [PolicyOption("requests", Min = 1, Max = 1e9, Summary = "requests that may be queued")]
    public int Requests { get; set; } = 100;

    [PolicyOption(
        "over",
        Summary = "whether they are counted over all instances, or one instance with fewer will do"
    )]
    public LimitScope Over { get; set; } = LimitScope.Stage;

    public bool Admit(in AdmissionContext context)
    {
        if (Over == LimitScope.Stage || context.Instances.Count == 0)
        {
            return context.QueuedRequests() < Requests;
        }

        for (var i = 0; i < context.Instances.Count; i++)
        {
            if (context.Instances[i].QueuedRequests < Requests)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What a limit is about.</summary>
internal enum LimitScope
{
    /// <summary>All instances together.</summary>
    Stage,

    /// <summary>Each instance by itself.</summary>
    Instance,
}
