using System.Globalization;
using LlmSim.Experiments.Costs;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Steady;
using LlmSim.Experiments.Sweeps;
using LlmSim.Experiments.Workloads;
using LlmSim.Metrics;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Results;

/// <summary>A result as one row of CSV: the reference's columns in its order, then ours.</summary>
internal static partial class SummaryCsv
{
    /// <summary>The columns that say what was simulated. Rows that agree in them differ by their seed alone.</summary>
    internal static IReadOnlyList<string> SettingColumns { get; } =
    [
        .. ReferenceSettings(new RunConfiguration(), requests: 0).Select(column => column.Name),
        .. OurSettings(new RunConfiguration(), ProductVersion.Text, precision: "", trace: null)
            .Select(column => column.Name),
    ];

    /// <summary>What was simulated, with the seed, by column.</summary>
    internal static IEnumerable<(string Name, object? Value)> Settings(RunResult result) =>
        [
            .. ReferenceSettings(result.Configuration, result.Summary.Requests),
            (SweepPlan.SeedOption, result.Configuration.Seed),
            .. OurSettings(result.Configuration, result.Version, result.Precision, result.Trace),
        ];

    /// <summary>Times whose means have a range.</summary>
    internal static IReadOnlyList<string> RangedFigures { get; } = ["ttft", "tpot", "e2e"];

    /// <summary>Writes a header and the row of each result, as UTF-8.</summary>
    public static void Write(Stream stream, IEnumerable<RunResult> results)
    {
        using var writer = Csv.Writer(stream);
        foreach (var result in results)
        {
            using var row = writer.NewRow();
            foreach (var (name, value) in Columns(result))
            {
                row[name].Set(Text(value));
            }
        }
    }

    private static IEnumerable<(string Name, object? Value)> Columns(RunResult result)
    {
        var (c, s) = (result.Configuration, result.Summary);
        return
        [
            ("uuid", Uuid(c)),
            .. ReferenceSettings(c, s.Requests),
            (SweepPlan.SeedOption, c.Seed),
            .. ReferenceFigures(s),
            .. OurSettings(c, result.Version, result.Precision, result.Trace),
            .. OurFigures(s),
            .. Trust(result),
            ("requests_output", result.RequestsFile),
            ("queue_states_output", result.QueueStatesFile),
            ("memory_usage_output", result.MemoryUsageFile),
            .. Costs(result.Costs),
            .. (result.Intervals ?? []).SelectMany(Ends),
        ];
    }

    private static IEnumerable<(string Name, object? Value)> ReferenceSettings(
        RunConfiguration c,
        long requests
    ) =>
        [
            ("prefill_global", c.PrefillGlobal),
            ("prefill_local", c.PrefillLocal),
            ("decode_global", c.DecodeGlobal),
            ("decode_local", c.DecodeLocal),
            ("ttft_slo", c.TtftSloSeconds),
            ("tpot_slo", c.TpotSloSeconds),
            ("request_count", c.RequestCount ?? requests),
            ("lambda_arrival", Rate(c)),
            ("request_source", c.RequestSource),
            ("prefill_config", c.PrefillConfig ?? "default"),
            ("decode_config", c.DecodeConfig ?? "default"),
        ];

    private static IEnumerable<(string Name, object? Value)> ReferenceFigures(RunSummary s) =>
        [
            .. DistributionColumns.Of("ttft", s.TtftSeconds),
            ("slo_attainment_pct", s.TtftAttainmentPercent),
            ("total_requests", s.Requests),
            .. DistributionColumns.Of("tpot", s.TpotSeconds),
            ("tpot_slo_attainment_pct", s.TpotAttainmentPercent),
        ];

    private static IEnumerable<(string Name, object? Value)> OurSettings(
        RunConfiguration c,
        string version,
        string precision,
        TraceFacts? trace
    ) =>
        [
            ("version", version),
            ("semantics", SemanticsOptions.Describe(c.Semantics)),
            ("model", c.Model),
            ("precision", c.Precision.Format),
            ("kv_precision", c.Precision.KvFormat),
            ("w_bit", c.Precision.WeightBits),
            ("a_bit", c.Precision.ActivationBits),
            ("kv_bit", c.Precision.KvBits),
            ("comm_bit", c.Precision.CommunicationBits),
            ("embedding_bit", c.Precision.EmbeddingBits),
            ("simulated_precision", WithoutCommas(precision)),
            ("performance", c.Performance),
            ("cluster", c.Cluster),
            ("trace_path", c.TracePath),
            ("mix", c.Mix),
            ("arrivals", c.Concurrency is null ? c.Arrivals : "closed_loop"),
            ("rate_profile", c.RateProfile),
            ("rate_interpolation", c.RateProfile is null ? null : c.RateInterpolation ?? RateFile.Linear),
            ("output_predictor", c.OutputPredictor),
            ("zipf_s", c.ZipfS),
            ("lognormal_mean", c.LognormalMean),
            ("input_mean", c.InputMean),
            ("output_mean", c.OutputMean),
            ("output_sigma", c.OutputSigma),
            ("max_len", c.MaxLen),
            ("input_len", c.InputLen),
            ("output_len", c.OutputLen),
            ("range_ratio", c.RangeRatio),
            .. Media(c),
            ("concurrency", c.Concurrency),
            ("adapters", c.Adapters),
            ("adapter_popularity", c.Adapters is null ? null : c.AdapterPopularity ?? AdapterChoice.Uniform),
            ("structured_share", c.StructuredShare),
            ("structured_schemas", c.StructuredShare is null ? null : c.StructuredSchemas ?? 1),
            ("thinking_mean", c.ThinkingMean),
            ("thinking_sigma", c.ThinkingMean is null ? null : c.ThinkingSigma ?? 1),
            ("thinking_budget", c.ThinkingBudget),
            ("time_unit", trace?.TimeUnit),
            ("time_scale", c.TraceOptions.TimeScale),
            ("from", c.TraceOptions.From),
            ("until", c.TraceOptions.Until),
            ("jitter", c.TraceOptions.Jitter ? 1 : 0),
            ("trace_skipped", trace?.Skipped),
            ("max_model_len", c.MaxModelLen),
            ("warmup", c.Warmup),
            ("cooldown", c.Cooldown),
            ("think_time", c.ThinkTime),
            ("ttft_patience", c.TtftPatience),
            ("patience", c.Patience),
            ("retries", WithoutCommas(c.Retries ?? "")),
            .. FleetSettings(c),
            ("admission_policy", c.AdmissionPolicy is { } admission ? WithoutCommas(admission) : null),
            ("victim", c.Victim),
            ("batching", c.Batching is { } batching ? WithoutCommas(batching) : null),
            ("router_staleness", RouterStaleness.Of(c).Text),
            ("expert_skew", c.ExpertSkew is { } skew ? WithoutCommas(skew) : null),
        ];

    private static IEnumerable<(string Name, object? Value)> OurFigures(RunSummary s) =>
        [
            ("finished", s.Finished),
            ("rejected", s.Rejected),
            ("rejections", Counts(s.Rejections)),
            ("evictions", s.Evictions),
            ("input_tokens", s.InputTokens),
            ("output_tokens", s.OutputTokens),
            ("makespan", s.MakespanSeconds),
            ("requests_per_second", s.RequestsPerSecond),
            ("output_tokens_per_second", s.OutputTokensPerSecond),
            ("tokens_per_second", s.TokensPerSecond),
            ("goodput_requests_per_second", s.GoodputRequestsPerSecond),
            ("both_slo_attainment_pct", s.BothAttainmentPercent),
            .. DistributionColumns.Of("itl", s.ItlSeconds),
            .. DistributionColumns.Of("e2e", s.EndToEndSeconds),
            .. DistributionColumns.Of("prefill_queue", s.PrefillQueueSeconds),
            .. DistributionColumns.Of("kv_transfer", s.TransferSeconds),
            .. DistributionColumns.Of("decode_queue", s.DecodeQueueSeconds),
            ("prefill_utilization", Utilization(s, "prefill")),
            ("decode_utilization", Utilization(s, "decode")),
            ("mixed_utilization", Utilization(s, "mixed")),
            ("decode_iterations", s.DecodeIterations),
            ("prefix_hit_tokens_pct", s.PagedCache?.TokenHitPercent),
            ("prefix_hit_blocks_pct", s.PagedCache?.BlockHitPercent),
            ("kv_block_evictions", s.PagedCache?.Evictions),
            ("kv_preemptions", s.PagedCache?.Preemptions),
            ("draft_tokens", s.Speculation?.DraftTokens),
            ("draft_tokens_accepted", s.Speculation?.AcceptedTokens),
            ("tokens_per_decode_step", s.Speculation?.TokensPerStep),
            ("tier_hit_blocks", s.KvTiers?.Sum(tier => tier.HitBlocks)),
            ("tier_read_bytes", s.KvTiers?.Sum(tier => tier.ReadBytes)),
            ("tier_written_bytes", s.KvTiers?.Sum(tier => tier.WrittenBytes)),
            ("tier_evictions", s.KvTiers?.Sum(tier => tier.Evictions)),
            .. Media(s),
            ("adapter_requests", s.Adapters?.Requests),
            ("adapter_hits", s.Adapters?.Hits),
            ("adapter_host_loads", s.Adapters?.HostLoads),
            ("adapter_store_loads", s.Adapters?.StoreLoads),
            ("adapter_evictions", s.Adapters?.Evictions),
            ("adapter_load_seconds", s.Adapters?.LoadSeconds),
            ("adapter_wait_mean", s.Adapters?.MeanWaitSeconds),
            ("structured_requests", s.StructuredOutput?.Requests),
            ("grammar_compilations", s.StructuredOutput?.Compilations),
            ("grammar_wait_mean", s.StructuredOutput?.MeanWaitSeconds),
            ("thinking_tokens", s.ThinkingTokens),
            .. DistributionColumns.Of("ttfo", s.TtfoSeconds ?? Distribution.Empty),
            ("policy_counters", Counts(s.PolicyCounters)),
            ("events", s.Events),
            ("iterations_out_of_range", s.PerformanceRange?.IterationsOutOfRange),
            ("measured_requests", s.MeasuredRequests),
            ("measured_seconds", s.MeasuredSeconds),
            ("window_seconds", s.ArrivalWindow.Seconds),
            ("window_requests_per_second", s.ArrivalWindow.RequestsPerSecond),
            ("window_output_tokens_per_second", s.ArrivalWindow.OutputTokensPerSecond),
            ("window_tokens_per_second", s.ArrivalWindow.TokensPerSecond),
            ("window_goodput_requests_per_second", s.ArrivalWindow.GoodputRequestsPerSecond),
            ("queue_grows", s.QueueGrows ? "true" : "false"),
            .. Service(s),
            .. FleetFigures(s.Fleet),
        ];

    /// <summary>What the times rest on, and the ranges in which such means were measured; never a setting.</summary>
    private static IEnumerable<(string Name, object? Value)> Trust(RunResult result)
    {
        var prediction = result.Prediction;
        return
        [
            ("tier", prediction.Tier),
            ("tier_source", WithoutCommas(prediction.Source)),
            ("tier_error", WithoutCommas(prediction.Error)),
            ("tier_warnings", WithoutCommas(string.Join("; ", prediction.Warnings))),
            .. RangedFigures.SelectMany(figure =>
                Range(figure, result.Ranges.FirstOrDefault(range => range.Figure == $"{figure}_mean"))
            ),
        ];
    }

    private static IEnumerable<(string Name, object? Value)> Range(string figure, PredictedRange? range) =>
        [
            ($"{figure}_error_median_pct", range?.MedianErrorPercent),
            ($"{figure}_error_p90_pct", range?.P90ErrorPercent),
            ($"{figure}_mean_half_low", range?.HalfLowSeconds),
            ($"{figure}_mean_half_high", range?.HalfHighSeconds),
            ($"{figure}_mean_nine_of_ten_low", range?.NineOfTenLowSeconds),
            ($"{figure}_mean_nine_of_ten_high", range?.NineOfTenHighSeconds),
        ];

    private static IEnumerable<(string Name, object? Value)> Costs(RunCosts? costs) =>
        [
            ("price_term", costs?.PriceTerm),
            ("price_sources", costs is null ? null : WithoutCommas(string.Join("; ", costs.PriceSources))),
            ("cost_per_hour", costs?.CostPerHour),
            ("cost_per_million_input_tokens", costs?.CostPerMillionInputTokens),
            ("cost_per_million_output_tokens", costs?.CostPerMillionOutputTokens),
            ("mean_watts", costs?.MeanWatts),
            ("joules_per_token", costs?.JoulesPerToken),
            ("joules_per_output_token", costs?.JoulesPerOutputToken),
            ("grams_co2_per_million_output_tokens", costs?.GramsCo2PerMillionOutputTokens),
        ];

    /// <summary>Under the name that replications give the ends of theirs.</summary>
    private static IEnumerable<(string Name, object? Value)> Ends(FigureInterval interval)
    {
        var column = SloFigure.Find(interval.Figure)!.Column;
        return [($"{column}_ci95_low", interval.Low), ($"{column}_ci95_high", interval.High)];
    }

    /// <summary>For readers that split a line at each comma, quoted or not.</summary>
    private static string WithoutCommas(string text) => text.Replace(',', ';');

    /// <summary>Arrivals per second; null in a closed loop, which has no rate of its own.</summary>
    private static double? Rate(RunConfiguration c) =>
        c.Concurrency is null ? c.LambdaArrival ?? WorkloadOptions.DefaultLambdaArrival : null;

    /// <summary>The reference's name of a run; it prints a whole rate with one decimal. A closed loop has its clients there.</summary>
    private static string Uuid(RunConfiguration c)
    {
        var load = Rate(c) is { } rate
            ? rate.ToString(rate == Math.Floor(rate) ? "0.0" : "R", CultureInfo.InvariantCulture)
            : $"closed_loop_{c.Concurrency}";
        return $"{c.PrefillGlobal}-{c.PrefillLocal}-{c.DecodeGlobal}-{c.DecodeLocal}-{load}";
    }

    private static double Utilization(RunSummary summary, string stage) =>
        summary
            .Instances.Where(instance => instance.Stage == stage)
            .Select(instance => instance.Utilization)
            .DefaultIfEmpty(double.NaN)
            .Average();

    private static string Counts(IReadOnlyDictionary<string, long> counts) =>
        string.Join("; ", counts.Select(pair => $"{pair.Key}: {pair.Value}"));

    internal static string Text(object? value) =>
        value is null or double.NaN ? "" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
