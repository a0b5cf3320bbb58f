using System.Text;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class ClusterFileTests
{
    [Fact]
    public void Instances_come_in_the_order_of_the_file_with_their_counts()
    {
        var instances = Read(
            """
            [ // comments, and commas at an end, are allowed
              { "hardware": "NVIDIA_A", "tp_size": 4, "count": 2 },
              { "hardware": "NVIDIA_B", "tp_size": 8, "memory_utilization": 1, "activation_bytes": 5,
                "kv_link_bytes_per_second": 1e9, "kv_link_latency_seconds": 0, "expert_parallel": 16,
                "link_bytes_per_second": 2e9, "link_latency_seconds": 1e-5, "gpus_per_node": 4,
                "nic_bytes_per_second": 25e9, "nic_latency_seconds": 0, "all2all_backend": "deepep_low_latency",
                "expert_skew": [3, 1.5, [0, 2]], "redundant_experts": 12, },
            ]
            """
        );

        var a = new InstanceSpec { Hardware = Samples.Hardware("NVIDIA_A"), TpSize = 4 };
        var b = new InstanceSpec
        {
            Hardware = Samples.Hardware("NVIDIA_B"),
            TpSize = 8,
            MemoryUtilization = 1,
            ActivationBytes = 5,
            KvLinkBytesPerSecond = 1e9,
            KvLinkLatencySeconds = 0,
            ExpertParallel = 16,
            LinkBytesPerSecond = 2e9,
            LinkLatencySeconds = 1e-5,
            GpusPerNode = 4,
            NicBytesPerSecond = 25e9,
            NicLatencySeconds = 0,
            AllToAllBackend = AllToAllBackend.DeepEpLowLatency,
            ExpertSkew = "[3,1.5,0,2]",
            RedundantExperts = 12,
        };
        Assert.Equal([a, a, b], instances);
    }

    [Fact]
    public void An_instance_has_a_role_and_an_engine()
    {
        var entries = Entries(
            Encoding.UTF8.GetBytes(
                """
                [
                  { "role": "mixed", "hardware": "NVIDIA_A", "tp_size": 1, "engine": {
                      "max_num_batched_tokens": 2048, "max_num_seqs": 128, "chunked_prefill": false, "block_size": 32,
                      "prefix_caching": false, "kv_blocks": 500, "data_parallel_group": "a" } },
                  { "role": "prefill", "hardware": "NVIDIA_A", "tp_size": 1, "engine": {} },
                  { "hardware": "NVIDIA_A", "tp_size": 1 }
                ]
                """
            )
        );

        Assert.Equal([InstanceRole.Mixed, InstanceRole.Prefill, null], entries.Select(entry => entry.Role));
        Assert.Equal(
            [
                new EngineSpec
                {
                    MaxBatchedTokens = 2048,
                    MaxSequences = 128,
                    ChunkedPrefill = false,
                    BlockTokens = 32,
                    PrefixCaching = false,
                    KvBlocks = 500,
                    DataParallelGroup = "a",
                },
                new EngineSpec(),
                null,
            ],
            entries.Select(entry => entry.Instance.Engine)
        );
    }

    /// <summary>SGLang records graphs of prompts where prefill and decode are not apart.</summary>
    [Theory]
    [InlineData("mixed", "", null)]
    [InlineData("prefill", "", 0)]
    [InlineData("prefill", ", \"prefill_graph_tokens\": 512", 512)]
    [InlineData("mixed", ", \"prefill_graph_tokens\": 0", 0)]
    public void Graphs_of_prompts_are_those_of_the_role_or_of_the_file(
        string role,
        string field,
        int? expected
    )
    {
        var instances = Read(
            $$"""[{ "role": "{{role}}", "hardware": "NVIDIA_A", "tp_size": 1, "engine": { "kind": "sglang"{{field}} } }]"""
        );

        Assert.Equal(expected, instances.Single().Engine!.PrefillGraphTokens);
    }

    [Fact]
    public void Where_an_engine_is_silent_it_does_what_its_kind_does()
    {
        var instances = Read(
            """
            [
              { "engine": { "max_num_seqs": 7, "kind": "sglang", "version": "0.5.9", "mixed_chunk": true },
                "hardware": "NVIDIA_A", "tp_size": 1 },
              { "hardware": "NVIDIA_A", "tp_size": 1, "memory_utilization": 0.8,
                "engine": { "kind": "trtllm", "chunked_prefill": true } },
              { "hardware": "NVIDIA_A", "tp_size": 1, "engine": { "kind": "sglang", "max_prefill_tokens": 9 } },
              { "hardware": "NVIDIA_A", "tp_size": 1, "engine": { "kind": "vllm", "version": "0.8.5.post1" } },
              { "hardware": "NVIDIA_A", "tp_size": 1, "engine": { "version": "0.8.5", "async_scheduling": true } }
            ]
            """
        );

        Assert.Equal(
            [
                new EngineSpec
                {
                    Kind = EngineKind.Sglang,
                    Version = "0.5.9",
                    MaxBatchedTokens = 8192,
                    MaxSequences = 7,
                    MixedChunk = true,
                    PrefillGraphTokens = 0,
                },
                new EngineSpec
                {
                    Kind = EngineKind.TensorRtLlm,
                    MaxSequences = 2048,
                    BlockTokens = 32,
                },
                new EngineSpec
                {
                    Kind = EngineKind.Sglang,
                    MaxSequences = 2048,
                    MaxPrefillTokens = 9,
                    PrefillGraphTokens = 0,
                },
                new EngineSpec { Version = "0.8.5.post1", AsyncScheduling = false },
                new EngineSpec { Version = "0.8.5" },
            ],
            instances.Select(instance => instance.Engine)
        );
        Assert.Equal([0.88, 0.8, 0.88, 0.9, 0.9], instances.Select(instance => instance.MemoryUtilization));
    }

    [Theory]
    [InlineData("\"vllm\"", new[] { 1, 2, 4 })]
    [InlineData("\"none\"", new int[0])]
    [InlineData("[1, 8, 20]", new[] { 1, 8, 20 })]
    [InlineData("[]", new int[0])]
    public void Sizes_of_graphs_are_a_name_or_a_list(string sizes, int[] expected)
    {
        var json = $$"""
            [{"hardware": "NVIDIA_A", "tp_size": 1, "engine": {"cuda_graph_sizes": {{sizes}}, "max_num_seqs": 2} }]
            """;

        Assert.Equal(expected, Read(json)[0].Engine!.CapturedSizes);
    }

    [Theory]
    [InlineData(
        "[{\"engine\": {\"cuda_graph_sizes\": \"vlm\"}}]",
        "c.json:1: cuda_graph_sizes: found 'vlm'; allowed: \"vllm\", \"none\" or a list of sizes in tokens such as [1, 2, 4, 8]"
    )]
    [InlineData(
        "[{\"engine\": {\"cuda_graph_sizes\": 512}}]",
        "c.json:1: cuda_graph_sizes: found 512; allowed: \"vllm\", \"none\" or a list"
    )]
    [InlineData(
        "[{\"engine\": {\"cuda_graph_sizes\": [1,\n 0]}}]",
        "c.json:2: cuda_graph_sizes: found 0; allowed: a whole number from 1 to 65536"
    )]
    [InlineData(
        "[{\"engine\": {\"cuda_graph_sizes\": [8, 8]}}]",
        "c.json:1: cuda_graph_sizes: found 8 after 8; allowed: sizes in ascending order"
    )]
    [InlineData(
        "[{\"engine\": {\"kind\": \"sglng\"}}]",
        "c.json:1: kind: found 'sglng'; allowed: vllm, sglang, trtllm. Did you mean 'sglang'?"
    )]
    [InlineData("[{\"engine\": {\"kind\": 3}}]", "c.json:1: kind: found 3; allowed: vllm, sglang, trtllm")]
    [InlineData(
        "[{\"engine\": {\"version\": 0.19}}]",
        "c.json:1: version: found 0.19; allowed: a name, in quotes"
    )]
    [InlineData(
        "[{\"engine\": {\n\"max_prefill_tokens\": 3,\n\"kind\": \"trtllm\"}}]",
        "c.json:2: max_prefill_tokens: is read by SGLang alone; allowed with it: \"kind\": \"sglang\""
    )]
    [InlineData("[{\"engine\": {\"mixed_chunk\": true}}]", "c.json:1: mixed_chunk: is read by SGLang alone")]
    [InlineData(
        "[{\"role\": \"mixd\"}]",
        "c.json:1: role: found 'mixd'; allowed: prefill, decode, mixed, encode. Did you mean 'mixed'?"
    )]
    [InlineData("[{\"role\": 1}]", "c.json:1: role: found 1; allowed: prefill, decode, mixed")]
    [InlineData("[{\"engine\": true}]", "c.json:1: engine: found true; allowed: an object")]
    [InlineData(
        "[{\"engine\": {\"block_size\": 0}}]",
        "c.json:1: block_size: found 0; allowed: a whole number from 1"
    )]
    [InlineData("[{\"engine\": {\n\"max_num_seq\": 1}}]", "c.json:2: unknown field 'max_num_seq'")]
    [InlineData(
        "[{\"engine\": {\"chunked_prefill\": 1}}]",
        "c.json:1: chunked_prefill: found 1; allowed: true, false"
    )]
    [InlineData(
        "[{\"engine\": {\"data_parallel_group\": 1}}]",
        "c.json:1: data_parallel_group: found 1; allowed: a name"
    )]
    [InlineData(
        "[{\"engine\": {\"kv_blocks\": 1, \"kv_blocks\": 1}}]",
        "c.json:1: kv_blocks: is given twice"
    )]
    [InlineData("", "c.json:1: is not JSON")]
    [InlineData("[\n{\n", "c.json:3: is not JSON")]
    [InlineData("[]", "c.json:1: has no instances")]
    [InlineData("{}", "c.json:1: is not a list of instances")]
    [InlineData("[\n3]", "c.json:2: found 3 where an instance")]
    [InlineData("[{\"tp_size\": 4}]", "c.json:1: the instance has no hardware")]
    [InlineData("[\n{\"hardware\": \"NVIDIA_A\"\n}]", "c.json:2: the instance has no tp_size")]
    [InlineData("[{\"hardware\": 5, \"tp_size\": 4}]", "c.json:1: hardware: found 5; allowed: the name")]
    [InlineData(
        "[{\"hardware\": \"AMD_A\",\n \"tp_size\": 4}]",
        "c.json:1: hardware: unknown accelerator 'AMD_A'"
    )]
    [InlineData(
        "[{\"hardware\": \"NVIDIA_A\",\n \"tp_size\": 0}]",
        "c.json:2: tp_size: found 0; allowed: a whole"
    )]
    [InlineData("[{\"tp_size\": 1.5}]", "c.json:1: tp_size: found 1.5")]
    [InlineData("[{\"tp_size\": \"4\"}]", "c.json:1: tp_size: found '4'")]
    [InlineData("[{\"tp_size\": null}]", "c.json:1: tp_size: found null")]
    [InlineData("[{\"tp_size\": [4]}]", "c.json:1: tp_size: found a list")]
    [InlineData("[{\"tp_size\": 4, \"tp_size\": 4}]", "c.json:1: tp_size: is given twice")]
    [InlineData("[{\"count\": 0}]", "c.json:1: count: found 0")]
    [InlineData(
        "[{\"memory_utilization\": 0}]",
        "c.json:1: memory_utilization: found 0; allowed: a number above 0"
    )]
    [InlineData("[{\"memory_utilization\": 1.01}]", "c.json:1: memory_utilization: found 1.01")]
    [InlineData("[{\"activation_bytes\": -1}]", "c.json:1: activation_bytes: found -1")]
    [InlineData("[{\"kv_link_bytes_per_second\": 0}]", "c.json:1: kv_link_bytes_per_second: found 0")]
    [InlineData("[{\"kv_link_bytes_per_second\": 1e999}]", "c.json:1: kv_link_bytes_per_second: found 1e999")]
    [InlineData("[{\"kv_link_latency_seconds\": -1}]", "c.json:1: kv_link_latency_seconds: found -1")]
    [InlineData(
        "[{\"gpus_per_node\": 0}]",
        "c.json:1: gpus_per_node: found 0; allowed: a whole number from 1"
    )]
    [InlineData("[{\"gpus_per_node\": 7.5}]", "c.json:1: gpus_per_node: found 7.5")]
    [InlineData(
        "[{\"nic_bytes_per_second\": 0}]",
        "c.json:1: nic_bytes_per_second: found 0; allowed: a number from 1 to 1e18 bytes/s"
    )]
    [InlineData("[{\"nic_bytes_per_second\": -1}]", "c.json:1: nic_bytes_per_second: found -1")]
    [InlineData(
        "[{\"nic_latency_seconds\": -1e-6}]",
        "c.json:1: nic_latency_seconds: found -1e-6; allowed: a number from 0 to 1e9 s"
    )]
    [InlineData(
        "[{\"all2all_backend\": \"deepep_low_latence\"}]",
        "c.json:1: all2all_backend: found 'deepep_low_latence'; allowed: allgather_reducescatter, deepep_low_latency, deepep_high_throughput. Did you mean 'deepep_low_latency'?"
    )]
    [InlineData("[{\"all2all_backend\": 1}]", "c.json:1: all2all_backend: found 1")]
    [InlineData(
        "[{\"expert_skew\": \"zipf:-1\"}]",
        "c.json:1: expert_skew: found 'zipf:-1'; allowed: balanced, uniform, power_law, zipf:S with a number S from 0 to 10"
    )]
    [InlineData("[{\"expert_skew\": \"unifrom\"}]", "Did you mean 'uniform'?")]
    [InlineData("[{\"expert_skew\": 1.2}]", "c.json:1: expert_skew: found 1.2; allowed: balanced")]
    [InlineData("[{\"expert_skew\": [1, -2]}]", "c.json:1: expert_skew: found -2 in a list of loads")]
    [InlineData("[{\"expert_skew\": []}]", "c.json:1: expert_skew: found an empty list")]
    [InlineData(
        "[{\"redundant_experts\": -1}]",
        "c.json:1: redundant_experts: found -1; allowed: a whole number from 0 to 100000"
    )]
    [InlineData("[{\"tp-size\": 4}]", "c.json:1: unknown field 'tp-size'")]
    [InlineData("[{\"tp-size\": 4}]", "Did you mean 'tp_size'?")]
    [InlineData("[{\"hardware\": \"NVIDIA_A\", \"tp_size\": 4}] 3", "c.json:1: is not JSON")]
    public void What_is_wrong_is_said_with_line_field_value_and_what_is_allowed(string json, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(json));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_text_are_an_error_of_the_user()
    {
        Assert.Throws<UserErrorException>(() => Read([0x1f, 0x00, 0xff]));
        Assert.Throws<UserErrorException>(() => Read([.. "[{\""u8, 0xff, 0xfe, .. "\": 3}]"u8]));
    }

    [Fact]
    public void A_byte_order_mark_is_no_error() =>
        Assert.Single(Read([.. "\uFEFF"u8, .. "[{\"hardware\": \"NVIDIA_A\", \"tp_size\": 4}]"u8]));

    private static IReadOnlyList<InstanceSpec> Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    private static IReadOnlyList<InstanceSpec> Read(byte[] json) =>
        [.. Entries(json).Select(entry => entry.Instance)];

    private static IReadOnlyList<ClusterEntry> Entries(byte[] json) =>
        ClusterFile.Read(
            json,
            "c.json",
            new ClusterNames(
                name =>
                    name.StartsWith("NVIDIA", StringComparison.Ordinal)
                        ? Samples.Hardware(name)
                        : throw new UserErrorException($"unknown accelerator '{name}'"),
                name => name,
                ModelCatalog.BuiltIn.Get
            )
        );
}
