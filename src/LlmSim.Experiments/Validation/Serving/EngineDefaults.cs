using System.Globalization;
using LlmSim.Batching;
using LlmSim.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// What serving engines do when nobody tells them otherwise: measured rows seldom say. One table, each line with its source; read in
/// 2026.
/// </summary>
internal static class EngineDefaults
{
    private const double Gibibyte = 1L << 30;

    /// <summary>The engine of an instance.</summary>
    /// <param name="engine">"vllm", "sglang", "trtllm"; others are taken for vLLM.</param>
    /// <param name="version">Its version; empty when it is not known, and then a late one is meant.</param>
    /// <param name="hardware">Budgets depend on its memory.</param>
    public static EngineSpec Engine(string engine, string version, HardwareDescription hardware) =>
        engine switch
        {
            // sglang, srt/server_args.py: chunked_prefill_size by memory; max_running_requests is at least 2,048; the overlap
            // scheduler is on. Pages of one token are counted in sixteens here, which moves the capacity by less than a request.
            "sglang" => new EngineSpec
            {
                MaxBatchedTokens = SglangChunk(hardware.MemoryBytes / Gibibyte),
                MaxSequences = 2048,
                BlockTokens = 16,
            },
            // TensorRT-LLM, llmapi/llm_args.py: max_num_tokens, max_batch_size, KvCacheConfig.tokens_per_block; chunked prefill is off and
            // the overlap scheduler on unless told otherwise.
            "trtllm" => new EngineSpec
            {
                MaxBatchedTokens = 8192,
                MaxSequences = 2048,
                BlockTokens = 32,
                ChunkedPrefill = false,
            },
            // vLLM V1, engine/arg_utils.py, get_batch_defaults for the API server; asynchronous scheduling by default since 0.14.
            _ => VllmSpec(hardware) with { BlockTokens = 16, AsyncScheduling = !IsBefore(version, 0, 14) },
        };

    /// <summary>Share of the memory that the engine takes.</summary>
    public static double MemoryUtilization(string engine) =>
        engine switch
        {
            // sglang: mem_fraction_static is computed from the memory; 0.88 where it is not known.
            "sglang" => 0.88,
            // TensorRT-LLM, KvCacheConfig.free_gpu_memory_fraction; vLLM, gpu_memory_utilization.
            _ => 0.9,
        };

    /// <summary>
    /// Format of the KV cache: vLLM and sglang keep 16 bits whatever the weights are (kv_cache_dtype auto); the checkpoints that
    /// TensorRT-LLM runs in 8 and 4 bits ask for FP8 (kv_cache_quant_algo of ModelOpt).
    /// </summary>
    public static string KvFormat(string engine, bool isQuantized) =>
        engine == "trtllm" && isQuantized ? "fp8" : "bf16";

    /// <summary>How requests are given to data-parallel ranks and to workers.</summary>
    public static string Route(string engine) =>
        engine switch
        {
            // sglang: load_balance_method round_robin.
            "sglang" => "round_robin",
            "trtllm" => "least_requests",
            _ => "vllm_front",
        };

    private static EngineSpec VllmSpec(HardwareDescription hardware) =>
        hardware.MemoryBytes / Gibibyte >= 70 && !hardware.Name.Contains("A100", StringComparison.Ordinal)
            ? new EngineSpec { MaxBatchedTokens = 8192, MaxSequences = 1024 }
            : new EngineSpec { MaxBatchedTokens = 2048, MaxSequences = 256 };

    private static int SglangChunk(double gibibytes) =>
        gibibytes switch
        {
            < 35 => 2048,
            < 60 => 4096,
            < 160 => 8192,
            _ => 16384,
        };

    /// <summary>Whether a version such as 0.8.5.post1 is before another; an unknown one is not.</summary>
    private static bool IsBefore(string version, int major, int minor)
    {
        var parts = version.Split('.');
        return parts.Length >= 2
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var givenMajor)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var givenMinor)
            && (givenMajor, givenMinor).CompareTo((major, minor)) < 0;
    }
}
