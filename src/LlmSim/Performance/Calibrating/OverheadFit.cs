namespace LlmSim.Performance.Calibrating;

/// <summary>
/// What an iteration takes beside the operations of the roofline: embedding, final norm and sampler. The sampler is
/// taken as a line through its first and last measurement, the other two as for one token: with more they grow by a few
/// microseconds.
/// </summary>
internal static class OverheadFit
{
    public static Calibration With(Calibration calibration, IReadOnlyList<ProfiledModel> profiles)
    {
        var iterationSeconds = 0.0;
        var requestSeconds = 0.0;
        foreach (var (profile, _) in profiles)
        {
            var shard = profile.Shards[1];
            var sampler = shard.PerSequence["sampler"];
            var slope = Math.Max(
                0,
                (sampler.Seconds(sampler.Last) - sampler.Seconds(1)) / (sampler.Last - 1)
            );
            requestSeconds += slope;
            iterationSeconds +=
                shard.Dense["embedding"].Seconds(1)
                + shard.Dense["final_layernorm"].Seconds(1)
                + Math.Max(0, sampler.Seconds(1) - slope);
        }

        return calibration with
        {
            IterationSeconds = Math.Round(iterationSeconds / profiles.Count, 9),
            RequestSeconds = Math.Round(requestSeconds / profiles.Count, 12),
        };
    }
}
