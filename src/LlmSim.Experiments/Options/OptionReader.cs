using LlmSim.Experiments.Workloads;

namespace LlmSim.Experiments.Options;

/// <summary>A part of the simulator and the options that it reads.</summary>
/// <param name="Name">The part, as a message names it after "with".</param>
/// <param name="IsIn">Whether a run has it.</param>
/// <param name="Options">What it reads.</param>
internal sealed record OptionReader(string Name, Func<RunParts, bool> IsIn, params string[] Options)
{
    /// <summary>All parts that not every run has. An option that none of them reads is read in every run.</summary>
    public static IReadOnlyList<OptionReader> All { get; } =
    [
        .. Sources,
        .. ArrivalProcesses,
        .. Stages,
        .. Decisions,
        .. PerformanceModels,
        new(
            "output_predictor noisy",
            run =>
                run.Configuration.OutputPredictor.StartsWith("noisy", StringComparison.Ordinal)
                && run.HasPredictionPolicy,
            "seed"
        ),
    ];

    private static IEnumerable<OptionReader> Sources =>
        [
            new(
                "request_source conversation",
                run => !run.HasTrace && run.Workload.Source is null or RequestSource.Conversation,
                "max_len",
                "seed"
            ),
            new("mix", run => run.Workload.Source == RequestSource.Mix, "mix", "seed", "lambda_arrival"),
            new(
                "request_source chat or agent",
                run => run.Workload.Source is RequestSource.Chat or RequestSource.Agent,
                "max_len",
                "seed"
            ),
            new(
                "request_source zipfian",
                run => run.Workload.Source == RequestSource.Zipfian,
                "zipf_s",
                "synthetic_output",
                "max_len",
                "seed"
            ),
            new(
                "request_source lognormal",
                run => run.Workload.Source == RequestSource.Lognormal,
                "input_mean",
                "synthetic_output",
                "max_len",
                "seed"
            ),
            new(
                "request_source lognormal without input_mean",
                run => run.Workload is { Source: RequestSource.Lognormal, InputMean: null },
                "lognormal_mean"
            ),
            new(
                "request_source zipfian or lognormal and synthetic_output distribution",
                run =>
                    run.Workload.Source is RequestSource.Zipfian or RequestSource.Lognormal
                    && run.Semantics.SyntheticOutput == SyntheticOutput.Distribution,
                "output_mean",
                "output_sigma"
            ),
            new(
                "request_source uniform",
                run => run.Workload.Source == RequestSource.Uniform,
                "input_len",
                "output_len",
                "range_ratio"
            ),
            new(
                "request_source uniform and range_ratio below 1",
                run => run.Workload is { Source: RequestSource.Uniform, RangeRatio: < 1 },
                "seed"
            ),
            new(
                "a synthetic source",
                run => !run.HasTrace && run.Workload.Source != RequestSource.Mix,
                "adapters",
                "structured_share",
                "thinking_mean"
            ),
            new(
                "structured_share",
                run => run.Workload.StructuredShare is not null && !run.HasTrace,
                "structured_schemas",
                "seed"
            ),
            new(
                "thinking_mean",
                run => run.Workload.ThinkingMean is not null && !run.HasTrace,
                "thinking_sigma",
                "thinking_budget",
                "seed"
            ),
            new(
                "adapters",
                run =>
                    run.Workload.Adapters is not null
                    && !run.HasTrace
                    && run.Workload.Source != RequestSource.Mix,
                "adapter_popularity",
                "seed"
            ),
            new(
                "a trace",
                run => run.HasTrace,
                "columns",
                "time_unit",
                "from",
                "until",
                "sort",
                "skip_invalid",
                "sessions"
            ),
            new(
                "request_source conversation, zipfian, lognormal or uniform, or a trace without columns images",
                run => run.Workload.TakesImages,
                "images_per_request",
                "image_share"
            ),
            new("pictures", run => run.Workload.HasOwnImages || run.Workload.TakesImages, "image_size"),
            new("pictures of several sizes, numbers or shares", run => run.Workload.DrawsImages, "seed"),
            new(
                "request_source conversation, zipfian, lognormal or uniform, or a trace without columns videos",
                run => run.Workload.TakesVideos,
                "videos_per_request",
                "video_size",
                "video_seconds",
                "video_fps"
            ),
            new("videos of several sizes, lengths or numbers", run => run.Workload.DrawsVideos, "seed"),
            new(
                "request_source conversation, zipfian, lognormal or uniform, or a trace without columns audio",
                run => run.Workload.TakesAudio,
                "audio_per_request",
                "audio_seconds"
            ),
            new("audio of several lengths or numbers", run => run.Workload.DrawsAudio, "seed"),
            new(
                "a trace and sessions replay or lenient",
                run => run.HasTrace && run.Workload.Trace.ReplaysSessions,
                "session_prompts",
                "session_tpot",
                "trace_block_size"
            ),
            new(
                "a trace with hash_ids and an instance with prefix caching",
                run => run.HasTrace && run.HasPrefixCache,
                "trace_block_size"
            ),
        ];

    private static IEnumerable<OptionReader> ArrivalProcesses =>
        [
            new(
                "arrivals poisson, gamma, diurnal, ramp or burst",
                run => run.Arrivals is { IsRandom: true },
                "lambda_arrival",
                "seed"
            ),
            new("arrivals trace", run => run.Arrivals is { NeedsTrace: true }, "time_scale", "jitter"),
            new(
                "arrivals trace and jitter",
                run => run.Arrivals is { NeedsTrace: true } && run.Workload.Trace.Jitter,
                "seed"
            ),
            new(
                "arrivals constant",
                run => run.Arrivals is { NeedsTrace: false, IsRandom: false },
                "lambda_arrival"
            ),
            new(
                "arrivals poisson, gamma or constant",
                run => run.Arrivals is { NeedsTrace: false },
                "rate_profile"
            ),
            new("rate_profile", run => run.Configuration.RateProfile is not null, "rate_interpolation"),
        ];

    private static IEnumerable<OptionReader> Stages =>
        [
            new(
                "prefill instances",
                run => run.SendsKvCaches,
                "decode_global",
                "decode_local",
                "kv_transfer"
            ),
            new("drain migrate", run => run.Migrates, "decode_global", "decode_local", "kv_transfer"),
            new("a tier with link kv", run => run.HasTierOnKvLink, "kv_transfer"),
            new("a prefill instance without an engine", run => run.HasPrefillWithoutEngine, "admission"),
            new(
                "a decode instance without an engine",
                run => run.HasDecodeWithoutEngine,
                "admission",
                "saturation"
            ),
            new(
                "an engine of kind vllm, or a decode instance without an engine and saturation preempt_newest",
                run => run.HasVictims,
                "victim"
            ),
            new("an engine of kind vllm without batching", run => run.HasOwnBatching, "batching"),
            new("an instance without kv_blocks", run => run.SizesKvCache, "memory_limit", "weights"),
        ];

    private static IEnumerable<OptionReader> Decisions =>
        [
            new("a policy that draws random numbers", run => run.HasRandomPolicy, "random_policies"),
            new(
                "a policy that draws random numbers and random_policies seeded",
                run => run.Semantics.RandomPolicies == RandomPolicies.Seeded && run.HasRandomPolicy,
                "seed"
            ),
            new(
                "a policy that looks at predicted lengths or work, such as lowest_load",
                run => run.HasPredictionPolicy,
                "output_predictor"
            ),
            new(
                "a prefill instance without an engine and a policy that looks at its work, such as lowest_load",
                run => run.HasPrefillWithoutEngine && run.HasPrefillWorkPolicy,
                "queued_work"
            ),
        ];

    private static IEnumerable<OptionReader> PerformanceModels =>
        [
            new("performance roofline, calibrated or kernels", run => !run.HasProfile, "expert_skew"),
            new(
                "performance roofline or calibrated",
                run => run.HasRoofline,
                "arithmetic_rate",
                "decode_attention_context",
                "flash_output",
                "attention_mask",
                "lm_head"
            ),
            new(
                "performance roofline or calibrated and decode_attention_context full",
                run => run.HasRoofline && run.Semantics.DecodeAttentionContext == DecodeAttentionContext.Full,
                "batch_padding"
            ),
            new(
                "performance roofline or calibrated and an instance of tp_size above 1",
                run => run.HasRoofline && run.Instances.Any(instance => instance.TpSize > 1),
                "attention_tp"
            ),
            new(
                "performance roofline or calibrated and an instance of several accelerators",
                run =>
                    run.HasRoofline
                    && run.Instances.Any(instance => instance.TpSize > 1 || instance.ExpertParallel > 1),
                "tp_communication"
            ),
        ];
}
