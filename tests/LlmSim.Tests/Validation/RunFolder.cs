using System.Globalization;
using LlmSim.Experiments.Validation;
using LlmSim.Tests.Experiments;

namespace LlmSim.Tests.Validation;

/// <summary>
/// A recorded run of Llama-3.1-8B on an engine of whose iterations each takes 6.88 ms, and 4.4 ms more with a part of a prompt.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    public const double IterationSeconds = 6.88e-3;
    public const double PrefillIterationSeconds = 4.4e-3;

    /// <summary>How to simulate it.</summary>
    public static RecordedRunOptions Options { get; } =
        new() { PrefillIterationSeconds = PrefillIterationSeconds };

    private readonly TemporaryFolder _folder = new();

    public RunFolder()
    {
        string[] layers =
        [
            "embedding",
            "layernorm",
            "qkv_proj",
            "rotary_emb",
            "o_proj",
            "gate_up_proj",
            "act_fn",
            "down_proj",
            "final_layernorm",
        ];
        const string Profile = "profiles/TOY/meta-llama/Llama-3.1-8B/bf16";
        // 10 + 32 · (9 · 10 − 20 + 10 + 100) + 10 + 1000 + 100 µs.
        _folder.Write(
            $"{Profile}/meta.yaml",
            "model: meta-llama/Llama-3.1-8B\nhardware: TOY\nvariant: bf16\n"
        );
        _folder.Write(
            $"{Profile}/tp1/dense.csv",
            "layer,tokens,time_us\n"
                + string.Concat(layers.Select(layer => $"{layer},1,10\n{layer},4096,10\n"))
        );
        _folder.Write(
            $"{Profile}/tp1/per_sequence.csv",
            "layer,sequences,time_us\nlm_head,1,1000\nlm_head,256,1000\nsampler,1,100\nsampler,256,100\n"
        );
        _folder.Write(
            $"{Profile}/tp1/attention.csv",
            "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n0,0,1,16,100\n2048,0,0,0,100\n"
        );
        _folder.Write(
            "runs/toy/meta.json",
            """
            { "model": "meta-llama/Llama-3.1-8B", "vllm_version": "0.19.0",
              "engine_kwargs": { "max_num_batched_tokens": 2048, "max_num_seqs": 128 } }
            """
        );
        _folder.Write(
            "runs/toy/deployment.json",
            """
            { "link_bw": 16, "link_latency": 20000, "nodes": [{ "instances": [{ "hardware": "TOY", "tp_size": 1,
              "npu_mem": { "mem_size": 96, "mem_bw": 1597, "mem_util": 0.9 } }] }] }
            """
        );
        Requests = string.Concat(Enumerable.Range(0, 3).Select(Request));
        Write("requests.jsonl", Requests);
    }

    public string Path => _folder.File("runs/toy");

    public string Requests { get; }

    public void Write(string file, string content) => _folder.Write($"runs/toy/{file}", content);

    public void Dispose() => _folder.Dispose();

    /// <summary>Every ten seconds 20 tokens, of which five come.</summary>
    private static string Request(int number)
    {
        var queued = 1000 + (10.0 * number);
        var first = queued + IterationSeconds + PrefillIterationSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"request_id": "bench-{{number}}", "input_toks": 20, "output_toks": 5, "queued_ts": {{queued}}, "first_token_ts": {{first}}, "last_token_ts": {{first
                + (4 * IterationSeconds)}}}

            """
        );
    }
}
