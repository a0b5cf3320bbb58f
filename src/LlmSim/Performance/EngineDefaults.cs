using System.Globalization;

namespace LlmSim.Performance;

/// <summary>
/// What serving engines do when nobody tells them otherwise. One table, each line with its source; read in 2026.
/// </summary>
internal static class EngineDefaults
{
    private const double Gibibyte = 1L << 30;

    /// <summary>Kinds by the names that files give them.</summary>
    public static IReadOnlyDictionary<string, EngineKind> Kinds { get; } =
        new Dictionary<string, EngineKind>(StringComparer.Ordinal)
        {
            ["vllm"] = EngineKind.Vllm,
            ["sglang"] = EngineKind.Sglang,
            ["trtllm"] = EngineKind.TensorRtLlm,
        };

    /// <summary>The name that files give a kind.</summary>
    public static string Name(EngineKind kind) => Kinds.First(known => known.Value == kind).Key;

    /// <summary>The engine of an instance.</summary>
    /// <param name="kind">Whose it is.</param>
    /// <param name="version">Its version; empty when it is not known, and then a late one is meant.</param>
    /// <param name="hardware">Budgets depend on its memory.</param>
    /// <param name="attentionDp">Data-parallel ranks of attention that a worker's budgets are divided over.</param>
    public static EngineSpec Engine(
        EngineKind kind,
        string version,
        HardwareDescription hardware,
        int attentionDp = 1
    ) =>
        kind switch
        {
            // SGLang, srt/server_args.py: chunked_prefill_size by memory, max_prefill_tokens; max_running_requests is at least 2,048; the
            // overlap scheduler is on. With data-parallel attention both are divided over the ranks. Pages of one token are counted in
            // sixteens here, which moves the capacity by less than a request.
            EngineKind.Sglang => new EngineSpec
            {
                Kind = kind,
                Version = version,
                MaxBatchedTokens = Math.Max(1, SglangChunk(hardware.MemoryBytes / Gibibyte) / attentionDp),
                MaxPrefillTokens = 16384,
                MaxSequences = Math.Max(1, 2048 / attentionDp),
                BlockTokens = 16,
            },
            // TensorRT-LLM, llmapi/llm_args.py: max_num_tokens, max_batch_size, KvCacheConfig.tokens_per_block; chunked prefill is off and
            // the overlap scheduler on unless told otherwise.
            EngineKind.TensorRtLlm => new EngineSpec
            {
                Kind = kind,
                Version = version,
                MaxBatchedTokens = 8192,
                MaxSequences = 2048,
                BlockTokens = 32,
                ChunkedPrefill = false,
            },
            // vLLM V1, engine/arg_utils.py, get_batch_defaults for the API server.
            _ when HasLargeMemory(hardware) => Vllm(version) with
            {
                MaxBatchedTokens = 8192,
                MaxSequences = 1024,
            },
            _ => Vllm(version) with { MaxBatchedTokens = 2048, MaxSequences = 256 },
        };

    /// <summary>
    /// The engine of a cluster file: the budgets of vLLM stay what they have been there, 8,192 tokens and 256 requests on every accelerator.
    /// </summary>
    public static EngineSpec EngineOfFile(EngineKind kind, string version, HardwareDescription hardware) =>
        kind == EngineKind.Vllm ? Vllm(version) : Engine(kind, version, hardware);

    /// <summary>Share of the memory that the engine takes.</summary>
    public static double MemoryUtilization(EngineKind kind) =>
        kind switch
        {
            // SGLang: mem_fraction_static is computed from the memory; 0.88 where it is not known.
            EngineKind.Sglang => 0.88,
            // TensorRT-LLM, KvCacheConfig.free_gpu_memory_fraction; vLLM, gpu_memory_utilization.
            _ => 0.9,
        };

    /// <summary>
    /// Format of the KV cache: vLLM and SGLang keep 16 bits whatever the weights are (kv_cache_dtype auto); the checkpoints that
    /// TensorRT-LLM runs in 8 and 4 bits ask for FP8 (kv_cache_quant_algo of ModelOpt).
    /// </summary>
    public static string KvFormat(EngineKind kind, bool isQuantized) =>
        kind == EngineKind.TensorRtLlm && isQuantized ? "fp8" : "bf16";

    /// <summary>How requests are given to data-parallel ranks and to workers.</summary>
    public static string Route(EngineKind kind) =>
        kind switch
        {
            // SGLang: load_balance_method round_robin.
            EngineKind.Sglang => "round_robin",
            EngineKind.TensorRtLlm => "least_requests",
            _ => "vllm_front",
        };

    /// <summary>Asynchronous scheduling is vLLM's default since 0.14.</summary>
    private static EngineSpec Vllm(string version) =>
        new() { Version = version, AsyncScheduling = !IsBefore(version, "0.14") };

    private static bool HasLargeMemory(HardwareDescription hardware) =>
        hardware.MemoryBytes / Gibibyte >= 70 && !hardware.Name.Contains("A100", StringComparison.Ordinal);

    private static int SglangChunk(double gibibytes) =>
        gibibytes switch
        {
            < 35 => 2048,
            < 60 => 4096,
            < 160 => 8192,
            _ => 16384,
        };

    /// <summary>Whether a version such as 0.8.5.post1 is before another, as far as both say; an unknown one is not.</summary>
    public static bool IsBefore(string version, string other)
    {
        int[] given =
        [
            .. version
                .Split('.')
                .TakeWhile(part => int.TryParse(part, CultureInfo.InvariantCulture, out _))
                .Select(part => int.Parse(part, CultureInfo.InvariantCulture)),
        ];
        if (given.Length < 2)
        {
            return false;
        }

        var others = other.Split('.').Select(part => int.Parse(part, CultureInfo.InvariantCulture));
        var (one, limit) = given.Zip(others).FirstOrDefault(pair => pair.First != pair.Second);
        return one < limit;
    }
}
