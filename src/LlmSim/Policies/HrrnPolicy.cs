namespace LlmSim.Policies;

/// <summary>
/// Highest response ratio next (Brinch Hansen, 1971): (wait + prefill time) / prefill time. Short prompts go first, and
/// the ratio of a long one grows until it is served.
/// </summary>
[Policy(
    "hrrn",
    Decisions = PolicyDecisions.PrefillLocal,
    IgnoresTtftDeadline = true,
    Summary = "the request with the highest (wait + prefill time) / prefill time"
)]
internal sealed class HrrnPolicy : ILocalPolicy
{
    private const double ClockTickSeconds = 1e-9;

    public int Choose(in LocalContext context)
    {
        var best = 0;
        var bestRatio = double.NegativeInfinity;
        for (var i = 0; i < context.Queue.Count; i++)
        {
            var request = context.Queue[i];
            var waitSeconds = (context.Now - request.Queued).Seconds;
            // A performance model may round a prefill to nothing; the ratio must stay a number.
            var prefillSeconds = Math.Max(request.PrefillSeconds, ClockTickSeconds);
            var ratio = (waitSeconds + prefillSeconds) / prefillSeconds;
            if (ratio > bestRatio)
            {
                (best, bestRatio) = (i, ratio);
            }
        }

        return best;
    }
}
