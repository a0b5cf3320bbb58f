using LlmSim.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// What public benchmarks told the engines that they measured, by their published scripts. A row says none of it, and budgets decide TTFT:
/// whether two prompts share an iteration, whether a prompt waits.
/// </summary>
/// <remarks>
/// Fixed lengths: deployments that aiconfigurator's generator wrote (github.com/ai-dynamo/aiconfigurator, generator/rule_plugin/benchmark), measured
/// with genai-perf (eval/benchmarks/genai_perf_runner.py): 10 requests a client. Drawn lengths: InferenceX
/// (github.com/SemiAnalysisAI/InferenceX, benchmarks/70b_*, dsr1_*, minimaxm2.5_*, kimik2.5_*), the same number.
/// </remarks>
internal static class BenchmarkSettings
{
    /// <summary>Requests in all for each one in flight.</summary>
    public const int RequestsPerClient = 10;

    /// <summary>The settings of a row.</summary>
    /// <param name="deployment">What was served.</param>
    /// <param name="row">How it was loaded.</param>
    public static ServingSettings Of(ServingDeployment deployment, ServingRow row)
    {
        var kind = RowNames.Engine(deployment.Engine);
        var settings =
            row.LengthRange < 1 ? InferenceX(kind, deployment, row) : Generated(kind, deployment, row);
        if (kind != EngineKind.Sglang)
        {
            return settings;
        }

        // Those who serve SGLang disaggregated raise --max-running-requests to their load (sgl-project/sglang issue 7227 has the commands).
        // Graphs of prompts are recorded on mixed workers alone. Rows without a version are of 2025, before there were any.
        return settings with
        {
            LeastSequences = deployment.Mixed is null ? row.Concurrency ?? 0 : 0,
            PrefillGraphTokens = deployment.Mixed is null || !HasVersion(deployment.EngineVersion) ? 0 : null,
        };
    }

    private static bool HasVersion(string version) => version.Length > 0 && char.IsAsciiDigit(version[0]);

    /// <summary>Every size up to the batch is recorded, so that nothing is padded; a budget of one prompt, the batch and 1,500 tokens.</summary>
    private static ServingSettings Generated(EngineKind kind, ServingDeployment deployment, ServingRow row)
    {
        var budget = row.InputTokens + 1500;
        var batch = (row.Concurrency ?? 0) / (deployment.Mixed?.AttentionDp ?? 1);
        return kind switch
        {
            // The template for 0.5.1 says --enable-mix-chunk, which that version does not know; later ones mix.
            EngineKind.Sglang => new()
            {
                MaxPrefillTokens = budget,
                MixedChunk =
                    deployment.Mixed is not null
                    && !deployment.EngineVersion.StartsWith("0.5.1.", StringComparison.Ordinal),
                CapturedSizes = [],
            },
            EngineKind.TensorRtLlm => new()
            {
                MaxBatchedTokens = batch + budget,
                MemoryUtilization = 0.8,
                CapturedSizes = [],
                MaxSequences = LacksOnePlace(deployment) ? Math.Max(1, batch - 1) : null,
            },
            _ => new() { MaxBatchedTokens = batch + budget, CapturedSizes = [] },
        };
    }

    /// <summary>
    /// TTFT of these grows by 1 / (clients - 1) of the time that a request takes, with any load, parallelism and lengths, as where one client has no place
    /// (docs/validation.md). That of Qwen3-32B with the same version does not.
    /// </summary>
    private static bool LacksOnePlace(ServingDeployment deployment) =>
        deployment.EngineVersion == "1.0.0rc3"
        && deployment.Model.Contains("Llama-3.1-8B", StringComparison.Ordinal);

    private static ServingSettings InferenceX(
        EngineKind kind,
        ServingDeployment deployment,
        ServingRow row
    ) =>
        kind switch
        {
            EngineKind.Vllm => Vllm(deployment, row),
            EngineKind.TensorRtLlm when IsDeepSeek(deployment) => TensorRtLlm(deployment, row),
            EngineKind.TensorRtLlm => new()
            {
                // max_num_tokens is the max_model_len of the sweep (full-sweep-tmpl.yml), but in 70b_fp8_b200_trt_slurm.sh.
                MaxBatchedTokens =
                    IsBlackwell(deployment) && deployment.Precision == "fp8"
                        ? 16384
                        : row.InputTokens + row.OutputTokens,
                KvFormat = "fp8",
                // batch_wait_max_tokens_ratio 0.9, batch_wait_timeout_iters 20.
                BatchWaitIterations =
                    row is { InputTokens: 1024, OutputTokens: 1024 } && deployment.Mixed?.Tp < 8 ? 20 : 0,
                BatchWaitTokensRatio = 0.9,
            },
            _ when deployment.Mixed is null => new(),
            _ => Sglang(deployment, row),
        };

    /// <summary>
    /// Scripts with multi-token prediction (dsr1_*_trt_mtp) give each rank its share of the batch and the budget for one prompt beside it. The others
    /// (dsr1_*_trt) have a budget for the load and one prompt, the later ones of at least 8192.
    /// </summary>
    private static ServingSettings TensorRtLlm(ServingDeployment deployment, ServingRow row)
    {
        var load = row.Concurrency ?? 0;
        if (deployment.Decode is { } decode)
        {
            // Recipes of NVIDIA/srt-slurm (recipes/trtllm): prefill workers take two prompts of 8k tokens at once or eight of 1k.
            return new()
            {
                MaxBatchedTokens = row.InputTokens > 1024 ? 16384 : 8192,
                PrefillSequences = row.InputTokens > 1024 ? 2 : 8,
                DecodeSequences = InferenceXBatches.Of(deployment, decode, row),
                MemoryUtilization = 0.8,
                KvFormat = "fp8",
            };
        }

        var batch = Math.Max(1, load / (deployment.Mixed?.AttentionDp ?? 1));
        var drafts = deployment.Mixed is null ? null : deployment.Speculation;
        return new()
        {
            MaxBatchedTokens =
                drafts is not null ? ((1 + drafts.DraftTokens) * batch) + row.InputTokens + 64
                : deployment.Mixed is not null && IsBefore2026(row) ? load + row.InputTokens + 64
                : Math.Max(8192, load + row.InputTokens + 64),
            MaxSequences = drafts is null ? null : batch,
            MemoryUtilization = 0.8,
            KvFormat = "fp8",
            // attention_dp_config: enable_balance true, timeout_iters 60, batching_wait_iters 0.
            AttentionDpTimeoutIterations = deployment.Mixed is { AttentionDp: > 1 } ? 60 : null,
        };
    }

    private static ServingSettings Vllm(ServingDeployment deployment, ServingRow row) =>
        deployment.Model.Contains("Llama", StringComparison.Ordinal)
            ? new()
            {
                MaxBatchedTokens = 8192,
                MaxSequences = IsBlackwell(deployment) ? 512 : row.Concurrency,
                KvFormat = "fp8",
                AsyncScheduling = true,
            }
            : new() { MemoryUtilization = 0.95 };

    private static ServingSettings Sglang(ServingDeployment deployment, ServingRow row) =>
        IsBlackwell(deployment)
            ? new()
            {
                MaxBatchedTokens = deployment.Precision == "fp4" ? 16384 : 32768,
                MaxPrefillTokens = deployment.Precision == "fp4" ? 16384 : 32768,
                MemoryUtilization = deployment.Precision == "fp4" ? 0.85 : 0.82,
                KvFormat = "fp8",
                // scheduler-recv-interval.
                ReceiveIterations = row.Concurrency >= 16 ? 30 : 10,
            }
            : new()
            {
                MaxBatchedTokens = 32768,
                MaxPrefillTokens = 32768,
                MemoryUtilization = 0.82,
            };

    private static bool IsBefore2026(ServingRow row) =>
        string.CompareOrdinal(row.Labels.GetValueOrDefault("date", "2026"), "2026") < 0;

    private static bool IsDeepSeek(ServingDeployment deployment) =>
        deployment.Model.Contains("DeepSeek", StringComparison.Ordinal);

    private static bool IsBlackwell(ServingDeployment deployment) =>
        deployment.System.StartsWith('b') || deployment.System.StartsWith("gb", StringComparison.Ordinal);
}

/// <summary>What an engine was told in the place of its defaults; null for the default.</summary>
internal sealed record ServingSettings
{
    public int? MaxBatchedTokens { get; init; }

    public int? MaxPrefillTokens { get; init; }

    /// <summary>SGLang: whether requests decode beside prompts.</summary>
    public bool MixedChunk { get; init; }

    public int? MaxSequences { get; init; }

    /// <summary>Requests at once of an instance that only prefills, and of one that only decodes, where those differ.</summary>
    public int? PrefillSequences { get; init; }

    /// <inheritdoc cref="PrefillSequences" />
    public int? DecodeSequences { get; init; }

    /// <summary>Requests at once that the engine takes at least.</summary>
    public int LeastSequences { get; init; }

    /// <summary>SGLang: most tokens of an iteration with a prompt that is replayed from a graph.</summary>
    public int? PrefillGraphTokens { get; init; }

    /// <summary>Share of the memory.</summary>
    public double? MemoryUtilization { get; init; }

    /// <summary>Format of the KV cache.</summary>
    public string? KvFormat { get; init; }

    public bool? AsyncScheduling { get; init; }

    public IReadOnlyList<int>? CapturedSizes { get; init; }

    /// <summary>TensorRT-LLM: iterations that prompts may be held back, and the share of the budget that ends it.</summary>
    public int BatchWaitIterations { get; init; }

    public double BatchWaitTokensRatio { get; init; }

    /// <summary>TensorRT-LLM: iterations that the members of a group hold prompts back at most until all have some.</summary>
    public int? AttentionDpTimeoutIterations { get; init; }

    /// <summary>SGLang: decode iterations between two looks at who has come; 1 for every one.</summary>
    public int ReceiveIterations { get; init; } = 1;

    /// <summary>An engine of these settings.</summary>
    public EngineSpec Of(EngineSpec defaults, InstanceRole role) =>
        defaults with
        {
            MaxBatchedTokens = MaxBatchedTokens ?? defaults.MaxBatchedTokens,
            MaxPrefillTokens = MaxPrefillTokens ?? defaults.MaxPrefillTokens,
            MixedChunk = MixedChunk,
            MaxSequences = Math.Max(
                LeastSequences,
                role switch
                {
                    InstanceRole.Prefill => PrefillSequences,
                    InstanceRole.Decode => DecodeSequences,
                    _ => null,
                }
                    ?? MaxSequences
                    ?? defaults.MaxSequences
            ),
            AsyncScheduling = AsyncScheduling ?? defaults.AsyncScheduling,
            CapturedSizes = CapturedSizes ?? defaults.CapturedSizes,
            PrefillGraphTokens = PrefillGraphTokens,
            BatchWaitIterations = BatchWaitIterations,
            BatchWaitTokensRatio = BatchWaitTokensRatio,
            AttentionDpTimeoutIterations = AttentionDpTimeoutIterations,
            ReceiveIterations = ReceiveIterations,
        };
}
