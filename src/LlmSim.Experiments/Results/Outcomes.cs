namespace LlmSim.Experiments.Results;

/// <summary>Outcomes as result files call them.</summary>
internal static class Outcomes
{
    public static string Name(Outcome outcome) =>
        outcome switch
        {
            Outcome.Finished => "finished",
            Outcome.Rejected => "rejected",
            Outcome.TimedOut => "timed_out",
            _ => "failed",
        };
}
