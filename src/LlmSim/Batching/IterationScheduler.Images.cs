namespace LlmSim.Batching;

/// <content>Pictures of prompts.</content>
internal abstract partial class IterationScheduler
{
    /// <summary>Encodes them; null where none come, or where others do.</summary>
    public ImageEncoding? Encoding { get; set; }

    /// <summary>Whether pictures keep the planned iteration from repeating itself.</summary>
    protected bool HasImages => Encoding is { IsPlanned: true };

    /// <summary>Seconds of the pictures of the planned iteration: a rule that has not looked at them encodes them as their tokens are computed.</summary>
    private double PlanImages()
    {
        if (Encoding is null)
        {
            return 0;
        }

        foreach (var sequence in Single)
        {
            if (sequence.Scheduled > 0)
            {
                _ = Encoding.Plan(sequence, sequence.Computed, sequence.Scheduled);
            }
        }

        return Encoding.PlannedSeconds();
    }
}
