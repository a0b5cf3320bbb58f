using System.Globalization;
using System.Text.Json;
using LlmSim.Experiments;
using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Precision from the command line and from a model's files to the results.</summary>
public sealed class PrecisionCommandTests : IDisposable
{
    /// <summary>As Qwen3-32B-FP8 is published.</summary>
    private const string Qwen = """
        {"model_type": "qwen3", "head_dim": 128, "hidden_size": 5120, "intermediate_size": 25600,
         "max_position_embeddings": 40960, "num_attention_heads": 64, "num_hidden_layers": 64,
         "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 151936,
         "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8",
           "weight_block_size": [128, 128]}}
        """;

    private const string Llama = """
        {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
         "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
         "max_position_embeddings": 131072,
         "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}}
        """;

    private const string Cluster =
        """[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, "engine": {} }]""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fp8_weights_run_at_the_8_bit_rate_beside_a_16_bit_KV_cache()
    {
        foreach (var kvBits in new[] { "16", "8" })
        {
            var (ops, seconds) = QueryProjection(
                "NVIDIA_H100_SXM",
                "--w_bit",
                "8",
                "--a_bit",
                "8",
                "--kv_bit",
                kvBits
            );

            Assert.Equal(2.0 * 4096 * 4096 * 4096, ops);
            Assert.Equal(6.945e-5, seconds, 1e-8);
        }

        foreach (var kvBits in new[] { "16", "4" })
        {
            var (ops, seconds) = QueryProjection(
                "NVIDIA_B200",
                "--w_bit",
                "4",
                "--a_bit",
                "4",
                "--kv_bit",
                kvBits
            );

            Assert.Equal(9000e12, ops / seconds, 1e9);
        }
    }

    [Fact]
    public void A_published_fp8_checkpoint_is_simulated_as_what_it_is()
    {
        var model = ModelSource.Load(_folder.Write("config.json", Qwen), ModelCatalog.BuiltIn);
        var hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM") with { MemoryBytes = 80_000_000_000 };
        var instance = new InstanceSpec { Hardware = hardware, TpSize = 1 };
        var precision = new PrecisionRequest().Resolve(model);

        Assert.Equal(34.3e9, KvCapacity.WeightBytes(model, precision, instance, Semantics.Standard), 0.05e9);

        var run = Run("config.json", "--json", "-", "--performance", "roofline");
        using var json = JsonDocument.Parse(run.Out);
        var summary = json.RootElement.GetProperty("summary");
        var tpot = summary.GetProperty("tpot_seconds").GetProperty("mean").GetDouble();
        var read = 31.206e9 + 2.0 * 151_936 * 5120;
        var bandwidth = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM").MemoryBytesPerSecond;
        Assert.InRange(tpot, read / bandwidth, 1.03 * read / bandwidth);
        Assert.Equal(
            "fp8 weights (128x128 blocks) and activations; KV cache 16-bit, attention 16-bit, lm_head 16-bit "
                + "(the model's quantization_config, fp8)",
            json.RootElement.GetProperty("precision").GetString()
        );
    }

    [Fact]
    public void A_published_awq_checkpoint_has_4_bit_layers_and_their_scale_factors()
    {
        var model = ModelSource.Load(_folder.Write("awq.json", Llama), ModelCatalog.BuiltIn);

        // 5.59 GB without the scale factors, and published ones have 5.7.
        Assert.Equal(5.59e9 + 6.979e9 * 20 / 128 / 8, model.WeightBytes(model.Quantization!), 0.005e9);
        Assert.Contains(
            "Precision   int4 weights (groups of 128), 16-bit activations;",
            Run("awq.json").Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void DeepSeek_R1_fits_eight_H200()
    {
        var model = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-R1");
        var instance = new InstanceSpec { Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H200"), TpSize = 8 };

        Assert.True(
            KvCapacity.Bytes(model, new PrecisionRequest().Resolve(model), instance, Semantics.Standard)
                > 1_000_000_000
        );
    }

    [Fact]
    public void A_quantization_file_beside_the_config_is_read()
    {
        var config = _folder.Write("a/config.json", Llama.Replace("quantization_config", "other"));
        Assert.Null(ModelSource.Load(config, ModelCatalog.BuiltIn).Quantization);

        _folder.Write(
            "a/hf_quant_config.json",
            """
            {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4", "group_size": 16,
              "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head", "model.layers.*.self_attn*"]}}
            """
        );

        var precision = ModelSource.Load(config, ModelCatalog.BuiltIn).Quantization!;
        Assert.Equal(NumberFormat.Nvfp4, precision.Mlp.Weight);
        Assert.Equal(NumberFormat.SixteenBit, precision.Projections.Weight);
        Assert.Equal(NumberFormat.Fp8, precision.KvCache);
        Assert.Equal("the model's hf_quant_config.json, modelopt", precision.Source);
    }

    [Fact]
    public void The_profile_says_which_precision_it_shows()
    {
        string[] profile =
        [
            .. "profile --model Qwen/Qwen3-8B --hardware NVIDIA_B200 --tp 1 --precision nvfp4".Split(' '),
        ];
        const string Expected =
            "nvfp4 weights (groups of 16) and activations; KV cache 16-bit, attention 16-bit, lm_head 16-bit "
            + "(precision nvfp4)";

        Assert.EndsWith($"Precision: {Expected}\n", CliRun.Of(profile).Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(CliRun.Of([.. profile, "--format", "json"]).Out);
        Assert.Equal(Expected, json.RootElement.GetProperty("precision").GetString());
    }

    [Theory]
    [InlineData(
        "--precision fp8 --w_bit 16",
        "precision fp8: its weights have 8 bits, and w_bit 16 contradicts"
    )]
    [InlineData("--precision fp7", "--precision: found 'fp7'; allowed: auto, bf16,")]
    [InlineData(
        "--kv_precision nvfp4 --kv_bit 8",
        "kv_precision nvfp4: its values have 4 bits, and kv_bit 8"
    )]
    [InlineData("--embedding_bit 5", "--embedding_bit: found '5'; allowed: 4, 8, 16, 32")]
    public void Options_that_cannot_be_meant_are_errors(string options, string message)
    {
        foreach (var command in new[] { "run", "profile" })
        {
            var run = CliRun.Of([command, .. options.Split(' ')]);

            Assert.Equal(1, run.ExitCode);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Precision_is_an_axis_of_a_sweep_and_stands_in_its_table()
    {
        var run = Run(
            "config.json",
            "--precision",
            "auto",
            "bf16",
            "--kv_precision",
            "auto",
            "fp8",
            "--comm_bit",
            "16",
            "8",
            "--csv_output",
            _folder.File("a.csv")
        );
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            "llmsim: warning: beyond what the errors are of, so that they may be larger: no measured configuration had precision "
                + $"16-bit with fp8 KV cache{Environment.NewLine}",
            run.Error
        );

        var lines = File.ReadAllLines(_folder.File("a.csv"));
        var columns = lines[0].Split(',');
        var precision = Array.IndexOf(columns, "precision");
        Assert.Equal(9, lines.Length);
        Assert.Equal(
            [
                "precision",
                "kv_precision",
                "w_bit",
                "a_bit",
                "kv_bit",
                "comm_bit",
                "embedding_bit",
                "simulated_precision",
            ],
            columns[precision..(precision + 8)]
        );
        Assert.StartsWith("bf16,fp8,,,,8,", string.Join(',', lines[8].Split(',')[precision..]));
    }

    [Fact]
    public void A_sweep_is_not_resumed_with_a_model_of_another_precision()
    {
        string[] options =
        [
            "--arrivals",
            "poisson",
            "--seed",
            "1",
            "2",
            "--csv_output",
            _folder.File("a.csv"),
        ];
        Assert.Equal(0, Run("config.json", options).ExitCode);
        var model = _folder.Write("config.json", Qwen.Replace("[128, 128]", "[64, 128]"));

        var resumed = CliRun.Of([.. Arguments(model), .. options, "--resume"]);

        Assert.Equal(1, resumed.ExitCode);
        Assert.Contains($"the model {model} has changed since", resumed.Error, StringComparison.Ordinal);
    }

    private CliRun Run(string name, params string[] options)
    {
        var model = _folder.Write(name, name == "awq.json" ? Llama : Qwen);
        return CliRun.Of([.. Arguments(model), .. options]);
    }

    private string[] Arguments(string model) =>
        [
            "run",
            "--model",
            model,
            "--cluster",
            _folder.Write("cluster.json", Cluster),
            "--trace_path",
            _folder.Write("trace.jsonl", """{"timestamp": 0, "input_length": 1000, "output_length": 200}"""),
            "--arrivals",
            "trace",
        ];

    private static (double Ops, double Seconds) QueryProjection(string hardware, params string[] options)
    {
        var run = CliRun.Of([
            .. $"profile --model Qwen/Qwen3-8B --hardware {hardware} --tp 1 --seqlen 4096 --format csv".Split(
                ' '
            ),
            .. options,
        ]);
        var cells = run
            .Out.Split('\n')
            .Single(line => line.StartsWith("q_proj,", StringComparison.Ordinal))
            .Split(',');
        return (
            double.Parse(cells[2], CultureInfo.InvariantCulture),
            double.Parse(cells[13], CultureInfo.InvariantCulture)
        );
    }
}
