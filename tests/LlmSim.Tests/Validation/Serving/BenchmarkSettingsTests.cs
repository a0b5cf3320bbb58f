using System.Globalization;
using LlmSim.Experiments.Validation.Serving;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Validation.Serving;

/// <summary>What public benchmarks told the engines that they measured.</summary>
public sealed class BenchmarkSettingsTests : IDisposable
{
    private const string Header =
        "id,engine,engine_version,model,system,precision,mode,input_tokens,output_tokens,length_range,concurrency,tp,pp,"
        + "attention_dp,moe_tp,moe_ep,prefill_workers,prefill_tp,decode_workers,decode_tp,speculative,ttft_ms,tpot_ms\n";

    private const string InferenceXHead =
        "model,hardware,framework,precision,spec_method,disagg,prefill_tp,prefill_ep,prefill_dp_attention,prefill_num_workers,"
        + "decode_tp,decode_ep,decode_dp_attention,decode_num_workers,num_prefill_gpu,num_decode_gpu,isl,osl,conc,date,mean_ttft,mean_tpot,mean_itl,mean_e2el\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>2,048 requests over 32 ranks would be 64 each; the load of 4,096 has 128.</summary>
    [Fact]
    public void A_disaggregated_sglang_takes_the_load_that_it_was_set_up_for()
    {
        const string Head =
            "id,engine,engine_version,model,system,precision,mode,input_tokens,output_tokens,length_range,concurrency,prefill_workers,prefill_tp,"
            + "prefill_attention_dp,prefill_moe_tp,prefill_moe_ep,decode_workers,decode_tp,decode_attention_dp,decode_moe_tp,decode_moe_ep,ttft_ms,tpot_ms\n";
        const string Row =
            "a,sglang,0.5.8,deepseek-ai/DeepSeek-V3,gb200,fp8,disagg,1024,1024,0.8,4096,1,1,8,1,8,1,1,32,1,32,100,10\n";
        var row = Read(Head + Row);
        var deployment = row.Deployment with { Settings = BenchmarkSettings.Of(row.Deployment, row) };

        var scenario = CaseScenario.Of(deployment, Context);

        Assert.Equal(32, scenario.DecodeInstances.Count);
        Assert.All(scenario.DecodeInstances, instance => Assert.True(instance.Engine!.MaxSequences >= 128));
    }

    /// <summary>As the published scripts of the benchmark set up their engines.</summary>
    [Theory]
    [InlineData("trtllm", "h200_sxm", "fp8", 2048)]
    [InlineData("trtllm", "b200_sxm", "fp4", 2048)]
    [InlineData("trtllm", "b200_sxm", "fp8", 16384)]
    [InlineData("vllm", "h200_sxm", "fp8", 8192)]
    public void Llama_is_served_as_the_scripts_say(string engine, string system, string precision, int budget)
    {
        var row =
            $"a,{engine},,meta-llama/Llama-3.1-70B,{system},{precision},agg,1024,1024,0.8,4,2,1,1,2,1,,,,,none,100,10\n";
        var read = Read(Header + row);

        var settings = BenchmarkSettings.Of(read.Deployment, read);

        Assert.Equal(budget, settings.MaxBatchedTokens);
    }

    /// <summary>Each rank has its share of the load and a budget for one prompt beside it; prompts wait for those of other ranks.</summary>
    [Theory]
    [InlineData("mtp", "2026-05-18", (2 * 32) + 1024 + 64, 32)]
    [InlineData("none", "2026-05-18", 8192, null)]
    [InlineData("none", "2025-11-02", 256 + 1024 + 64, null)]
    public void DeepSeek_is_served_by_TensorRT_LLM_as_the_scripts_say(
        string drafts,
        string date,
        int budget,
        int? sequences
    )
    {
        var row =
            $"DeepSeek-R1,b200,trt,fp8,{drafts},False,8,8,True,0,8,8,True,0,8,8,1024,1024,256,{date},1.4,0.02,0.34,21\n";
        var read = Read(InferenceXHead + row);

        var settings = BenchmarkSettings.Of(read.Deployment, read);

        Assert.Equal(
            (budget, sequences, (int?)60),
            (settings.MaxBatchedTokens, settings.MaxSequences, settings.AttentionDpTimeoutIterations)
        );
    }

    /// <summary>Recipes limit the batch of a decode rank, and prompts of a prefill worker; a load without a recipe has the engine's own.</summary>
    [Theory]
    [InlineData("180", 32, 8)]
    [InlineData("181", null, 8)]
    public void TensorRT_LLM_decodes_so_many_at_once_as_the_recipe_says(
        string concurrency,
        int? decode,
        int prefill
    )
    {
        var row =
            $"DeepSeek-R1,b200,dynamo-trt,fp4,none,True,4,4,True,1,8,8,False,5,4,40,1024,1024,{concurrency},2026-01-29,1.4,0.01,1,12\n";
        var read = Read(InferenceXHead + row);
        var settings = BenchmarkSettings.Of(read.Deployment, read);
        var defaults = new EngineSpec { MaxSequences = 2048 };

        Assert.Equal(prefill, settings.Of(defaults, InstanceRole.Prefill).MaxSequences);
        Assert.Equal(decode ?? 2048, settings.Of(defaults, InstanceRole.Decode).MaxSequences);
    }

    [Theory]
    [InlineData("lmsysorg/sglang:v0.5.12-cu130", "sglang", "0.5.12", null)]
    [InlineData("lmsysorg/sglang:v0.5.5.post3", "sglang", "0.5.5.post3", null)]
    [InlineData("rocm/7.0:rocm7.0_ubuntu_22.04_sgl-dev-v0.5.2", "sglang", "", 0)]
    [InlineData("", "sglang", "", 0)]
    [InlineData("nvcr.io/nvidia/tensorrt-llm/release:1.1.0", "trt", "", null)]
    public void An_image_of_SGLang_tells_its_version(
        string image,
        string framework,
        string version,
        int? graphTokens
    )
    {
        var row =
            $"DeepSeek-R1,b200,{framework},fp8,none,False,8,1,False,0,8,1,False,0,8,8,1024,1024,4,2026-05-18,1.4,0.02,0.34,21,{image}\n";
        var head = InferenceXHead.Replace("\n", ",image\n", StringComparison.Ordinal);
        var read = Read(head + row);

        Assert.Equal(version, read.Deployment.EngineVersion);
        Assert.Equal(graphTokens, BenchmarkSettings.Of(read.Deployment, read).PrefillGraphTokens);
    }

    /// <summary>Rows of MoRI give the width of attention as tp; their experts are divided over the ranks of a worker.</summary>
    [Fact]
    public void Ranks_are_as_many_as_experts_are_divided_over()
    {
        var row =
            "DeepSeek-R1,mi355x,mori-sglang,fp8,none,True,8,1,False,1,1,8,True,2,8,16,1024,1024,256,2026-02-20,1.4,0.02,0.02,21\n";

        var scenario = CaseScenario.Of(Read(InferenceXHead + row).Deployment, Context);

        Assert.Equal([(8, 1)], scenario.PrefillInstances.Select(one => (one.TpSize, one.ExpertParallel)));
        Assert.Equal(
            Enumerable.Repeat((1, 8), 16),
            scenario.DecodeInstances.Select(one => (one.TpSize, one.ExpertParallel))
        );
        Assert.Equal(
            2,
            scenario.DecodeInstances.Select(one => one.Engine!.DataParallelGroup).Distinct().Count()
        );
    }

    /// <summary>With n clients and n - 1 places each waits for a share of 1 / (n - 1) of the time that a request takes in its place.</summary>
    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", "1.0.0rc3", 1.0 / 7)]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", "1.2.0", 0)]
    [InlineData("Qwen/Qwen3-32B", "1.0.0rc3", 0)]
    public void A_client_of_eight_has_no_place(string model, string version, double share)
    {
        var rows = string.Concat(
            new[] { 256, 512 }.Select(output =>
                $"{output},trtllm,{version},{model},h100_sxm,fp8,agg,1024,{output},1,8,2,1,1,2,1,,,,,none,100,10\n"
            )
        );
        var run = CliRun.Of([
            "validate",
            .. new[] { "--rows", _folder.Write("rows.csv", Header + rows) },
            .. new[] { "--performance", "roofline", "--csv_output", _folder.File("predicted.csv") },
        ]);

        Assert.Equal(0, run.ExitCode);
        var predicted = File.ReadLines(_folder.File("predicted.csv")).Skip(1).Select(line => line.Split(','));
        var seconds = predicted.ToDictionary(
            cells => (cells[0], cells[^4]),
            cells => double.Parse(cells[^2], CultureInfo.InvariantCulture)
        );
        double InPlace(int output) => seconds[($"{output}", "tpot_mean")] * (output - 1);
        var growth = seconds[("512", "ttft_mean")] - seconds[("256", "ttft_mean")];
        Assert.Equal(share, growth / (InPlace(512) - InPlace(256)), 0.01);
    }

    private ServingRow Read(string content) =>
        (ServingRow)RowReader.Read(_folder.Write("rows.csv", content), ModelCatalog.BuiltIn).Single();

    private static CaseContext Context => new("roofline", LlmSim.Experiments.Extensions.Catalogs.BuiltIn);
}
