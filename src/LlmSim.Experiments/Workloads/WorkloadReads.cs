using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <summary>
/// Which options of a workload are read: what depends on the source of requests and on their arrivals. An option that is given and
/// not read has no effect.
/// </summary>
public static class WorkloadReads
{
    private static readonly string[] s_always = ["request_source", "request_count", "arrivals", "seed"];

    private static readonly string[] s_syntheticOutputs = ["output_mean", "output_sigma"];

    private static readonly Dictionary<RequestSource, string[]> s_bySource = new()
    {
        [RequestSource.Conversation] = ["max_len"],
        [RequestSource.Zipfian] = ["max_len", "zipf_s", .. s_syntheticOutputs],
        [RequestSource.Lognormal] = ["max_len", "lognormal_mean", "input_mean", .. s_syntheticOutputs],
        [RequestSource.Trace] =
        [
            "trace_path",
            "trace_block_size",
            "columns",
            "time_unit",
            "from",
            "until",
            "sort",
            "skip_invalid",
        ],
    };

    /// <summary>Of a trace's own times; other arrivals keep only the order of its requests.</summary>
    private static readonly string[] s_ofOwnTimes = ["time_scale", "jitter"];

    /// <summary>Of arrivals that are drawn, or spaced.</summary>
    private static readonly string[] s_ofDrawnArrivals = ["lambda_arrival"];

    /// <summary>The options that a workload reads, by their names on the command line.</summary>
    /// <param name="source">Where its requests come from.</param>
    /// <param name="arrivals">When they come.</param>
    public static IEnumerable<string> Of(RequestSource source, ArrivalProcess arrivals) =>
        [.. s_always, .. s_bySource[source], .. arrivals.NeedsTrace ? s_ofOwnTimes : s_ofDrawnArrivals];

    /// <summary>All options that are read by some workload.</summary>
    public static IEnumerable<string> All =>
        [
            .. s_always,
            .. s_bySource.Values.SelectMany(names => names).Distinct(),
            .. s_ofOwnTimes,
            .. s_ofDrawnArrivals,
        ];
}
