namespace LlmSim.Policies;

/// <summary>
/// Turns away what would come too late wherever it went: computing it would delay others for nothing.
/// </summary>
[Policy(
    "deadline",
    Decisions = PolicyDecisions.Admission,
    Summary = "if some instance is estimated to yield the first token before the TTFT deadline, and before the client's own"
)]
internal sealed class DeadlinePolicy : IAdmissionPolicy
{
    [PolicyOption(
        "factor",
        Min = 0,
        Max = 1000,
        Summary = "by what the estimated time is multiplied, above 1 for caution"
    )]
    public double Factor { get; set; } = 1;

    public bool Admit(in AdmissionContext context)
    {
        var request = context.Request;
        var deadline = request.TtftDeadline < request.Deadline ? request.TtftDeadline : request.Deadline;
        var leftSeconds = (deadline - context.Now).Seconds;
        for (var i = 0; i < context.Instances.Count; i++)
        {
            var instance = context.Instances[i];
            var seconds = InstanceCosts.FirstTokenSeconds(instance, request);
            if (Factor * seconds < leftSeconds)
            {
                return true;
            }
        }

        // Nothing is known of an instance that is still to start.
        return context.Instances.Count == 0;
    }
}
