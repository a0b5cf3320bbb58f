namespace LlmSim.Experiments.Results;

/// <summary>
/// One line on each column of the result files that is no option: times in seconds, shares in per cent where the name ends with
/// <c>_pct</c>. docs/metrics.md has the definitions.
/// </summary>
internal static class ColumnSummaries
{
    private static readonly Dictionary<string, string> s_times = new(StringComparer.Ordinal)
    {
        ["ttft"] = "time to first token, s",
        ["ttfo"] = "time to the first token of the answer, of requests that think before, s",
        ["tpot"] = "time per output token after the first, s",
        ["itl"] = "time between two tokens, s",
        ["e2e"] = "from arrival to last token, s",
        ["prefill_queue"] = "from arrival to the start of the prefill, s",
        ["kv_transfer"] = "from the end of the prefill until the KV cache has arrived, s",
        ["decode_queue"] = "from there until it first joins a decode batch, s",
    };

    private static readonly Dictionary<string, string> s_statistics = new(StringComparer.Ordinal)
    {
        ["_p25"] = "25th percentile of: ",
        ["_p50"] = "median of: ",
        ["_p75"] = "75th percentile of: ",
        ["_p90"] = "90th percentile of: ",
        ["_p95"] = "95th percentile of: ",
        ["_p99"] = "99th percentile of: ",
        ["_mean"] = "mean of: ",
        ["_std"] = "sample standard deviation of: ",
    };

    /// <summary>Of TTFT, TPOT and E2E.</summary>
    private static readonly Dictionary<string, string> s_ranges = new(StringComparer.Ordinal)
    {
        ["_error_median_pct"] = "median error of such predictions of the mean of: ",
        ["_error_p90_pct"] = "error within which nine in ten such predictions were, of the mean of: ",
        ["_mean_half_low"] = "lower end of the range of half of such cases, of the mean of: ",
        ["_mean_half_high"] = "upper end of the range of half of such cases, of the mean of: ",
        ["_mean_nine_of_ten_low"] = "lower end of the range of nine in ten such cases, of the mean of: ",
        ["_mean_nine_of_ten_high"] = "upper end of the range of nine in ten such cases, of the mean of: ",
    };

    /// <summary>Those of a summary that are neither settings nor times.</summary>
    private static readonly Dictionary<string, string> s_figures = new(StringComparer.Ordinal)
    {
        ["uuid"] = "the policies and the arrival rate in one name",
        ["version"] = "version of llmsim",
        ["seed"] = "seed of everything that is random",
        ["simulated_precision"] = "formats of weights, activations and KV cache that were simulated",
        ["trace_skipped"] = "rows of the trace that were left out with skip_invalid",
        ["slo_attainment_pct"] = "share of the requests with a TTFT below ttft_slo",
        ["tpot_slo_attainment_pct"] = "share of the requests with a TPOT below tpot_slo, or none",
        ["both_slo_attainment_pct"] = "share of the requests that meet both SLOs",
        ["total_requests"] = "requests that arrived",
        ["finished"] = "requests that got all their tokens",
        ["rejected"] = "requests that this cluster can never serve",
        ["rejections"] = "rejected requests by reason",
        ["evictions"] = "times that requests were evicted or preempted",
        ["input_tokens"] = "prompt tokens of the finished requests",
        ["output_tokens"] = "output tokens of the finished requests",
        ["makespan"] = "from the first arrival to the last token, s",
        ["requests_per_second"] = "finished requests over the makespan",
        ["output_tokens_per_second"] = "output tokens over the makespan",
        ["tokens_per_second"] = "prompt and output tokens over the makespan",
        ["goodput_requests_per_second"] = "requests that meet both SLOs over the makespan",
        ["prefill_utilization"] = "share of the time in which prefill instances compute, on average",
        ["decode_utilization"] = "share of the time in which decode instances compute, on average",
        ["mixed_utilization"] = "share of the time in which mixed instances compute, on average",
        ["decode_iterations"] = "iterations of decode instances without an engine",
        ["prefix_hit_tokens_pct"] = "share of the prompt tokens that were found in a KV cache",
        ["prefix_hit_blocks_pct"] = "share of the prompt blocks that were found in a KV cache",
        ["kv_block_evictions"] = "blocks that could have been found and were taken for something else",
        ["draft_tokens"] = "tokens that were drafted and verified",
        ["draft_tokens_accepted"] = "those of them that were accepted",
        ["tokens_per_decode_step"] =
            "tokens that an iteration gave a request whose drafts it verified, on average",
        ["tier_hit_blocks"] = "blocks that were found in tiers below the accelerators, and read",
        ["tier_read_bytes"] = "bytes that were read from these tiers",
        ["tier_written_bytes"] = "bytes that were written to them",
        ["adapter_requests"] = "requests with an adapter that engines admitted, again after a preemption",
        ["adapter_hits"] = "those of them whose adapter was on the accelerators",
        ["adapter_host_loads"] = "adapters that were copied to the accelerators",
        ["adapter_store_loads"] = "those of them that came from the store, since the host had them not",
        ["adapter_evictions"] = "adapters that made room for another one on the accelerators",
        ["adapter_load_seconds"] = "seconds that iterations waited for adapters",
        ["adapter_wait_mean"] =
            "seconds that a request with an adapter waited for a slot and for its load, on average",
        ["structured_requests"] = "requests with a grammar that came to engines with structured_output",
        ["grammar_compilations"] = "grammars that these compiled",
        ["grammar_wait_mean"] = "seconds that such a request waited for its grammar, on average",
        ["thinking_tokens"] = "output tokens that came before answers",
        ["tier_evictions"] = "blocks of theirs that made room for others",
        ["images"] = "pictures of all requests",
        ["image_tokens"] = "their tokens in the prompts",
        ["videos"] = "videos of all requests",
        ["video_tokens"] = "their tokens in the prompts",
        ["audio"] = "recordings of all requests",
        ["audio_tokens"] = "their tokens in the prompts",
        ["images_encoded"] =
            "pictures and other media that were encoded, those that were encoded again among them",
        ["images_found"] = "those whose embeddings an engine still had",
        ["encode_queue_mean"] = "from arrival to the start of encoding at encode instances, s, on average",
        ["encode_mean"] = "from there until the last embedding has arrived, s, on average",
        ["encode_utilization"] = "share of the time in which encode instances compute, on average",
        ["kv_preemptions"] = "requests that an engine took out of its batch for want of blocks",
        ["policy_counters"] = "what policies counted",
        ["events"] = "events of the simulation",
        ["iterations_out_of_range"] = "iteration times that lay beyond what was measured",
        ["measured_requests"] = "requests that the statistics are of, without warm-up and cool-down",
        ["measured_seconds"] = "from the first arrival to the last token of those, s",
        ["window_seconds"] = "from the first to the last arrival, s",
        ["window_requests_per_second"] = "requests that finish between first and last arrival, a second",
        ["window_output_tokens_per_second"] = "their output tokens a second",
        ["window_tokens_per_second"] = "their prompt and output tokens a second",
        ["window_goodput_requests_per_second"] = "those of them that meet both SLOs, a second",
        ["queue_grows"] = "true when requests came faster than they were served",
        ["timed_out"] = "requests whose clients gave up",
        ["failed"] = "requests that were lost with an instance",
        ["retried"] = "times that a client sent a request again",
        ["failovers"] = "times that a request was computed anew because an instance failed",
        ["conversations"] = "conversations that began",
        ["conversations_broken_off"] = "conversations of which a turn got no answer",
        ["computed_tokens"] = "tokens that instances computed: useful, recomputed and wasted ones",
        ["useful_tokens"] = "those of finished requests, each counted once",
        ["recomputed_tokens"] = "those that had been computed before, after preemptions and failures",
        ["wasted_tokens"] = "those of attempts that came to nothing",
        ["jain_index"] = "evenness of tenants' tokens by weight, 1 at most (Jain's index)",
        ["instance_failures"] = "failures of instances",
        ["availability_pct"] = "ready time of instances over it and the time they were down after failures",
        ["mean_ready_instances"] = "instances that took requests, on average",
        ["accelerator_seconds"] = "accelerators of instances that were starting, ready or draining, s",
        ["idle_accelerator_seconds"] = "those in which an instance computed nothing, s",
        ["recovery_seconds"] = "from a failure until what it hit had a token again, on average, s",
        ["goodput_during_failures"] =
            "requests that met their SLOs and ended while an instance was down, per second of that time",
        ["goodput_without_failures"] = "the same of the rest of the time",
        ["role_switches"] = "changes of an instance from prefill to decode or back",
        ["model_swaps"] = "changes of the model that accelerators hold",
        ["migrations"] = "KV caches that went from an instance that drained to another one",
        ["migrated_bytes"] = "bytes of these",
        ["tier"] = "what the times of the least sure instance rest on",
        ["tier_source"] = "where the times come from",
        ["tier_error"] = "errors that predictions of this tier and class had on measured configurations",
        ["tier_warnings"] = "in what the run lies beyond those configurations",
        ["requests_output"] = "file with each request of the point",
        ["queue_states_output"] = "file with samples of the queues of the point",
        ["memory_usage_output"] = "file with samples of the KV memory of the point",
        ["price_term"] = "which price counts: on_demand, reserved or spot",
        ["price_sources"] = "where the prices come from",
        ["cost_per_hour"] = "of the whole cluster, USD",
        ["cost_per_million_input_tokens"] = "cost of the whole cluster by prompt tokens, USD",
        ["cost_per_million_output_tokens"] =
            "cost of the whole cluster by output tokens, USD; not to be added to the former",
        ["mean_watts"] = "power of all accelerators on average, at most, W",
        ["joules_per_token"] = "energy for a token of prompt or output, at most, J",
        ["joules_per_output_token"] = "the same energy by output tokens, J",
        ["grams_co2_per_million_output_tokens"] = "by the grid's carbon intensity, g",
    };

    /// <summary>Those of classes, tenants and models alone; the others are the summary's, of the requests of the group.</summary>
    private static readonly Dictionary<string, string> s_groups = new(StringComparer.Ordinal)
    {
        ["group_kind"] = "what the row is of: class, tenant or model",
        ["group"] = "its name",
        ["weight"] = "its share beside others",
        ["group_requests"] = "its requests that the statistics are of",
        ["token_share_pct"] = "its share of the tokens of all finished requests",
        ["attainment_pct"] = "share of its requests that meet all their SLOs and their deadline",
    };

    /// <summary>Those of requests and samples.</summary>
    private static readonly Dictionary<string, string> s_rows = new(StringComparer.Ordinal)
    {
        ["id"] = "number of the request, from 0 in the order of arrival",
        ["arrival"] = "when it arrived, s",
        ["input_length"] = "prompt tokens",
        ["output_length"] = "output tokens",
        ["prefill_instance"] = "number of the instance that prefilled it",
        ["prefill_start"] = "start of its prefill, s",
        ["prefill_finish"] = "end of its prefill: the first token, s",
        ["kv_transfer_finish"] = "when its KV cache had arrived at the decode side, s",
        ["decode_instance"] = "number of the instance that decoded it",
        ["decode_start"] = "when it joined a decode batch, the last time, s",
        ["decode_finish"] = "its last token, s; empty when it was not decoded",
        ["trace_input_length"] = "prompt tokens in the workload",
        ["trace_output_length"] = "output tokens in the workload",
        ["first_decode_start"] = "when it joined a decode batch, the first time, s",
        ["recompute"] = "prefill times that were paid again after preemptions, s",
        ["finish"] = "its last token, s",
        ["ttft_met"] = "whether its TTFT is below ttft_slo",
        ["tpot_met"] = "whether its TPOT is below tpot_slo",
        ["rejection_reason"] = "why it was not served",
        ["outcome"] = "finished, rejected, timed_out or failed",
        ["class"] = "its class, where the workload says",
        ["tenant"] = "whom it belongs to, where the workload says",
        ["priority"] = "its rank, the lower the more urgent",
        ["attempts"] = "how often its client sent it",
        ["failovers"] = "how often it was computed anew because an instance failed",
        ["conversation"] = "number of the request that began its conversation",
        ["turn"] = "its turn there, from 0",
        ["images"] = "pictures in its prompt; only in runs with some, as the next three",
        ["image_tokens"] = "their tokens, which input_length counts too",
        ["videos"] = "videos in its prompt; only in runs with some, as the next one",
        ["video_tokens"] = "their tokens, which input_length counts too",
        ["audio"] = "recordings in its prompt; only in runs with some, as the next one",
        ["audio_tokens"] = "their tokens, which input_length counts too",
        ["encode_start"] = "when the first of them began to be encoded at an encode instance, s",
        ["encode_finish"] = "when the last of their embeddings had come from there, s",
        ["served_model"] = "the model that it asks for; only where instances serve several",
        ["timestamp"] = "when the sample was taken, s",
        ["instance_id"] = "number of the instance",
        ["instance_group"] = "prefill, decode or mixed",
        ["queued_ids"] = "requests that wait, in the order of the queue",
        ["queued_input_lengths"] = "their prompt tokens",
        ["queued_seconds_to_ttft_deadline"] = "what is left to each until its TTFT SLO, s",
        ["queue_length"] = "how many wait",
        ["running_requests"] = "how many are in the batch",
        ["memory_usage"] = "KV cache held, as a share of its capacity",
        ["kv_bytes"] = "KV cache held, bytes",
        ["kv_capacity_bytes"] = "its capacity, bytes",
    };

    /// <summary>All columns that a summary CSV may have, but for the ends of intervals.</summary>
    public static IReadOnlyList<string> Summary { get; } =
    [
        .. SummaryCsv
            .SettingColumns.Concat(
                s_times.Keys.SelectMany(time => s_statistics.Keys.Select(one => time + one))
            )
            .Concat(s_figures.Keys)
            .Concat(SummaryCsv.RangedFigures.SelectMany(time => s_ranges.Keys.Select(one => time + one)))
            .Distinct(),
    ];

    /// <summary>The line on a column; null for one that repeats an option, or that there is not.</summary>
    public static string? Of(string column) =>
        s_figures.GetValueOrDefault(column)
        ?? s_groups.GetValueOrDefault(column)
        ?? s_rows.GetValueOrDefault(column)
        ?? s_times.GetValueOrDefault(column)
        ?? s_times
            .Where(time => column.StartsWith(time.Key, StringComparison.Ordinal))
            .Select(time => (Ending: column[time.Key.Length..], time.Value))
            .Select(time =>
                (s_statistics.GetValueOrDefault(time.Ending) ?? s_ranges.GetValueOrDefault(time.Ending))
                    is { } statistic
                    ? statistic + time.Value
                    : null
            )
            .FirstOrDefault(text => text is not null);
}
