using System.Globalization;
using System.Text.Json;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Experiments;

namespace LlmSim.Tests.Properties;

/// <summary>
/// A command line of <c>llmsim run</c> drawn from a seed, with its files: a small cluster of any kind on a short trace whose prompts share
/// prefixes.
/// </summary>
internal sealed class RandomRun
{
    private const string Model = "meta-llama/Llama-3.1-8B";
    private const string Hardware = "NVIDIA_H100_SXM";
    private const int HashBlockTokens = 16;

    private static readonly ModelDescription s_model = ModelCatalog.BuiltIn.Get(Model);
    private static readonly Precision s_precision = new PrecisionRequest().Resolve(s_model);

    private static readonly long s_kvBytesPerToken = KvCapacity
        .Footprint(s_model, s_precision, Semantics.Standard)
        .BytesPerToken;

    /// <summary>What is left beside the weights when activations take nothing.</summary>
    private static readonly long s_freeBytes = KvCapacity.Bytes(
        s_model,
        s_precision,
        new InstanceSpec
        {
            Hardware = HardwareCatalog.BuiltIn.Get(Hardware),
            TpSize = 1,
            ActivationBytes = 0,
        },
        Semantics.Standard
    );

    private readonly RandomStream _random;
    private readonly int _capacityTokens;

    /// <summary>Draws it, and writes its files.</summary>
    public RandomRun(int seed, TemporaryFolder folder)
    {
        _random = new RandomStream(seed, "run");
        _capacityTokens = 300 + _random.Next(1500);
        var mixed = _random.Next(2) == 0 ? 1 + _random.Next(3) : 0;
        var stages = mixed == 0 || _random.Next(3) == 0;
        var bytesPerSecond = s_kvBytesPerToken * (1e4 + (_random.NextDouble() * 1e6));
        object[] instances =
        [
            .. stages ? Instances("prefill", 1 + _random.Next(3), bytesPerSecond) : [],
            .. stages ? Instances("decode", 1 + _random.Next(3), bytesPerSecond) : [],
            .. Instances("mixed", mixed, bytesPerSecond),
        ];
        var transfer = Pick([
            "shared_link",
            "contended_links",
            "contended_links_per_layer",
            "contended_links_pull",
        ]);
        Reserves = stages && transfer != "shared_link";
        var prefillGlobal = Pick([
            "conductor:reject=false",
            "conductor",
            "conductor:reject=false",
            "prefix_affinity",
            "kv_aware",
            "random",
            "lowest_load",
        ]);
        PrefillLocal = Pick<string>(PrefillLocals);
        FetchesPrefixes = prefillGlobal.StartsWith("conductor", StringComparison.Ordinal);
        Options =
        [
            "--model",
            Model,
            "--performance",
            "roofline",
            "--cluster",
            folder.Write($"{seed}/cluster.json", JsonSerializer.Serialize(instances)),
            "--trace_path",
            folder.Write($"{seed}/trace.jsonl", Trace()),
            "--request_source",
            "mooncake",
            "--trace_block_size",
            HashBlockTokens.ToString(CultureInfo.InvariantCulture),
            "--prefill_global",
            prefillGlobal,
            "--decode_global",
            Pick(["lowest_load", "random", "least_kv", "round_robin", "power_of_two"]),
            "--decode_local",
            Pick(["fcfs", "shortest", "random"]),
            "--output_predictor",
            Pick(["none", "oracle", "noisy:sigma=0.5"]),
            "--ttft_slo",
            Pick(["0.05", "0.5"]),
            .. stages ? (string[])["--kv_transfer", transfer] : [],
        ];
    }

    /// <summary>Every local policy that a run may have.</summary>
    public static string[] PrefillLocals => ["fcfs", "shortest", "random"];

    public string PrefillLocal { get; }

    /// <summary>What is simulated, but for the local policy of prefill.</summary>
    public IReadOnlyList<string> Options { get; }

    public bool HasGroup { get; private set; }
    public bool Reserves { get; }
    public bool FetchesPrefixes { get; }

    private IEnumerable<object> Instances(string role, int count, double bytesPerSecond)
    {
        var isGroup = count > 1 && _random.Next(2) == 0;
        HasGroup |= isGroup;
        for (var i = 0; i < count; i++)
        {
            var instance = new Dictionary<string, object>
            {
                ["role"] = role,
                ["hardware"] = Hardware,
                ["tp_size"] = 1,
                ["kv_link_bytes_per_second"] = bytesPerSecond,
                ["kv_link_latency_seconds"] = 1e-4,
            };
            if (isGroup || role == "mixed" || _random.Next(2) == 0)
            {
                instance["engine"] = Engine(isGroup ? $"{role} group" : null);
            }
            else
            {
                instance["activation_bytes"] = s_freeBytes - (_capacityTokens * s_kvBytesPerToken);
            }

            yield return instance;
        }
    }

    private Dictionary<string, object> Engine(string? group)
    {
        var blockTokens = Pick([8, 16, 32]);
        var engine = new Dictionary<string, object>
        {
            ["kind"] = Pick(["vllm", "vllm", "sglang"]),
            ["max_num_batched_tokens"] = 64 + _random.Next(400),
            ["max_num_seqs"] = 1 + _random.Next(20),
            ["block_size"] = blockTokens,
            ["kv_blocks"] = (_capacityTokens / blockTokens) + 2,
        };
        if (group is not null)
        {
            engine["data_parallel_group"] = group;
        }

        return engine;
    }

    private string Trace()
    {
        var lines = new List<string>();
        var milliseconds = 0.0;
        var (rate, longest, longestOutput) = (
            2 + (_random.NextDouble() * 60),
            60 + _random.Next(240),
            2 + _random.Next(150)
        );
        var count = 30 + _random.Next(40);
        for (var id = 0; id < count; id++)
        {
            milliseconds += _random.Next(4) == 0 ? 0 : 1000 * _random.NextExponential(rate);
            var input = 1 + _random.Next(longest);
            var (content, shared) = (_random.Next(3), _random.Next((input / HashBlockTokens) + 2));
            var hashIds = Enumerable
                .Range(0, ((input - 1) / HashBlockTokens) + 1)
                .Select(block => block < shared ? (content * 1000) + block : 100_000 + (id * 1000) + block);
            lines.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""{"timestamp": {{(long)milliseconds}}, "input_length": {{input}}, "output_length": {{1 + _random.Next(longestOutput)}}, "hash_ids": [{{string.Join(", ", hashIds)}}]}"""
                )
            );
        }

        return string.Join('\n', lines);
    }

    private T Pick<T>(ReadOnlySpan<T> values) => values[_random.Next(values.Length)];
}
