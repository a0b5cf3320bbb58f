using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Measured;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class ProfileFolderTests
{
    private const string Meta = """
        model: toy
        hardware: H100
        variant: bf16
        skew_fit:
          enabled: true
          bucket_axes:
            n_bins: [0, 2, 1000]
            n_labels: [n<=2, n>2]
            skew_rate_bins: [-0.01, 1.01]
            skew_rate_labels: [any]
            kv_big_bins: [0, 1000000]
            kv_big_labels: [all]
            kp_bins: [-1, 0, 1000000]
            kp_labels: [kp=0, kp>0]
          per_tp:
            1:
              alpha_default: 0.25
              bucket_table: tp1/skew_fit.csv
        """;

    private static readonly string[] s_files =
    [
        "tp1/dense.csv|layer,tokens,time_us\nembedding,1,2\nembedding,3,4\n",
        "tp1/per_sequence.csv|layer,sequences,time_us\nlm_head,1,500\n",
        "tp1/attention.csv|prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n0,0,1,16,8\n",
        "tp1/moe.csv|tokens,activated_experts,time_us\n1,8,50\n",
        "tp1/skew_fit.csv|pc,n_label,skew_rate_label,kv_big_label,kp_label,alpha,n_samples\n0,n>2,any,all,kp=0,-0.5,4\n",
        "tp2/dense.csv|layer,tokens,time_us\nembedding,1,1\n",
        "tp2/per_sequence.csv|layer,sequences,time_us\nlm_head,1,250\n",
        "tp2/attention.csv|prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n0,0,1,16,4\n",
    ];

    [Fact]
    public void Everything_is_read_and_microseconds_become_seconds()
    {
        using var folder = Folder();
        var profile = ProfileFolder.Load(folder.File("bf16"));

        Assert.Equal(("toy", "H100", "bf16"), (profile.Model, profile.Hardware, profile.Variant));
        Assert.Equal([1, 2], profile.Shards.Keys.Order());
        Assert.Equal(3e-6, profile.Shards[1].Dense["embedding"].Seconds(2), 1e-12);
        Assert.Equal(250e-6, profile.Shards[2].PerSequence["lm_head"].Seconds(1), 1e-12);
        Assert.Equal(8e-6, profile.Shards[1].Attention.Seconds(0, 0, 1, 16), 1e-12);
        Assert.Equal(50e-6, profile.Experts!.Seconds(1, 8), 1e-12);
        Assert.Equal(-0.5, profile.Shards[1].Skew!.Alpha(0, 3, 0.5, 100, 0));
        Assert.Equal(0.25, profile.Shards[1].Skew!.Alpha(0, 2, 0.5, 100, 0));
        Assert.Null(profile.Shards[2].Skew);
    }

    [Fact]
    public void The_folder_above_will_do_where_there_is_one_profile_or_one_of_16_bits()
    {
        using var folder = Folder();
        Assert.Equal("toy", ProfileFolder.Load(folder.File("")).Model);

        folder.Write("fp8/meta.yaml", "model: other\n");
        Assert.Equal("toy", ProfileFolder.Load(folder.File("")).Model);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("TRUE", true)]
    [InlineData("false", false)]
    [InlineData("False", false)]
    [InlineData("FALSE", false)]
    public void The_correction_is_on_or_off_by_a_boolean_of_YAML_1_2(string enabled, bool isOn)
    {
        using var folder = Folder(("enabled: true", $"enabled: {enabled}"));

        Assert.Equal(isOn, ProfileFolder.Load(folder.File("bf16")).Shards[1].Skew is not null);
    }

    [Theory]
    [InlineData("enabled: true", "enabled: yes", "5:enabled: found 'yes'; allowed: true or false")]
    [InlineData("enabled: true", "enabled: on", "5:enabled: found 'on'")]
    [InlineData("enabled: true", "enabled: 1", "5:enabled: found '1'")]
    [InlineData("enabled: true", "enabled: tRUE", "5:enabled: found 'tRUE'")]
    [InlineData("enabled: true", "enabled: 'true'", "5:enabled: allowed: true or false, without quotes")]
    [InlineData("enabled: true", "enabled: [true]", "5:enabled: allowed: true or false")]
    [InlineData("enabled: true", "enable: true", "5:enable: unknown. Did you mean 'enabled'?")]
    [InlineData("per_tp:", "per_tps:", "15:per_tps: unknown. Did you mean 'per_tp'?")]
    [InlineData("    1:\n", "    tp1:\n", "16:tp1: unknown. Did you mean '1'? Known are 1, 2.")]
    [InlineData("    1:\n", "    4:\n", "16:4: unknown.")]
    [InlineData("    1:\n", "    2: null\n    1:\n", "16:2: is not a mapping")]
    [InlineData(
        "alpha_default: 0.25",
        "alpha_default: .inf",
        "17:alpha_default: found '.inf'; allowed: a number"
    )]
    [InlineData("alpha_default", "alfa_default", "17:alfa_default: unknown. Did you mean 'alpha_default'?")]
    [InlineData("[0, 2, 1000]", "[0, 2]", "7:n_bins: 2 edges for 2 labels")]
    [InlineData("[0, 2, 1000]", "[2, 0, 1000]", "7:n_bins: 0 after 2; the edges must ascend")]
    [InlineData("[n<=2, n>2]", "[n, n]", "8:n_labels: two bins have one label")]
    [InlineData(
        "tp1/skew_fit.csv",
        "../skew_fit.csv",
        "18:bucket_table: found '../skew_fit.csv'; allowed: a file in"
    )]
    [InlineData(
        "tp1/skew_fit.csv",
        "/skew_fit.csv",
        "18:bucket_table: found '/skew_fit.csv'; allowed: a file in"
    )]
    public void What_is_wrong_in_the_correction_is_named(string right, string wrong, string message)
    {
        using var folder = Folder((right, wrong));

        var error = Assert.Throws<UserErrorException>(() => ProfileFolder.Load(folder.File("bf16")));
        Assert.StartsWith(
            $"{folder.File("bf16")}/meta.yaml:{message}",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Only_folders_named_exactly_as_a_degree_are_read_as_one()
    {
        using var folder = Folder();
        folder.Write("bf16/tp02/dense.csv", "");
        folder.Write("bf16/tp-old/dense.csv", "");

        Assert.Equal([1, 2], ProfileFolder.Load(folder.File("bf16")).Shards.Keys.Order());
    }

    [Fact]
    public void More_slices_of_attention_than_are_allowed_are_an_error()
    {
        using var folder = Folder();
        folder.Write(
            "bf16/tp1/attention.csv",
            "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n"
                + string.Concat(Enumerable.Range(0, 400).Select(i => $"{i},0,{i},16,8\n"))
        );

        Assert.Contains(
            "attention.csv: has 400 values of prefill_chunk and 400 of n_decode; allowed are 100,000 pairs",
            Assert.Throws<UserErrorException>(() => ProfileFolder.Load(folder.File("bf16"))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_driver_that_names_another_accelerator_is_told()
    {
        using var folder = Folder(("hardware: H100", "hardware: H200\ngpu: NVIDIA L4"));
        Assert.Contains(
            "gpu 'NVIDIA L4', which is NVIDIA_L4, and hardware 'H200'",
            ProfileFolder.Load(folder.File("bf16")).Notice,
            StringComparison.Ordinal
        );

        folder.Write("bf16/meta.yaml", "model: toy\nhardware: H200\nvariant: bf16\ngpu: NVIDIA H200\n");
        Assert.Null(ProfileFolder.Load(folder.File("bf16")).Notice);
    }

    [Theory]
    [InlineData(
        "tp1/dense.csv",
        "layer,tokens,time_us\nembedding,one,2\n",
        "2: tokens: found 'one'; allowed: a whole"
    )]
    [InlineData(
        "tp1/dense.csv",
        "layer,tokens,time_us\nembedding,1,-2\n",
        "2: time_us: found '-2'; allowed: a number from 0"
    )]
    [InlineData(
        "tp1/dense.csv",
        "layer,token,time_us\nembedding,1,2\n",
        "1: has no column tokens. Did you mean 'token'?"
    )]
    [InlineData("tp1/dense.csv", "layer,tokens,time_us\n", "2: has no rows")]
    [InlineData("tp1/dense.csv", "layer,tokens,time_us\na,1,2\na,1,3\n", "3: a second line for a, 1")]
    [InlineData("tp1/dense.csv", "layer,tokens,time_us\na,1\n", "2: time_us: the row ends before it")]
    [InlineData("tp1/moe.csv", "tokens,activated_experts,time_us\n1,8,inf\n", "2: time_us: found 'inf'")]
    [InlineData(
        "tp1/skew_fit.csv",
        "pc,n_label,skew_rate_label,kv_big_label,kp_label,alpha\n0,n>3,any,all,kp=0,1\n",
        "2: n_label: found 'n>3'; allowed: n<=2, n>2"
    )]
    [InlineData("meta.yaml", "model: [\n", "2: is not YAML")]
    [InlineData("meta.yaml", "- model\n", "1: is not a mapping")]
    [InlineData("meta.yaml", "hardware: x\n", "1:model: missing")]
    [InlineData(
        "meta.yaml",
        "model: toy\nhardware: H200\nvariant: BF16\n",
        "3:variant: found 'BF16'; allowed: bf16, fp16"
    )]
    [InlineData("meta.yaml", "model: toy\nhardware: H200\nvariant: auto\n", "3:variant: found 'auto'")]
    [InlineData(
        "meta.yaml",
        "model: toy\nhardwares: H200\nvariant: bf16\n",
        "2:hardwares: unknown. Did you mean 'hardware'?"
    )]
    [InlineData("meta.yaml", "model: toy\nmodel: toy\n", "2: 'model' is given already in line 1")]
    [InlineData(
        "meta.yaml",
        "model: toy\n? [a]\n: b\n",
        "2: found something else where a name before a colon should be"
    )]
    [InlineData(
        "meta.yaml",
        "model: toy\nhardware: H200\nvariant: bf16\nskew_fit: true\n",
        "4:skew_fit: is not a mapping"
    )]
    [InlineData(
        "tp1/dense.csv",
        "layer,tokens,time_us\nembedding,1,1e13\n",
        "2: time_us: found '1e13'; allowed: a number from 0 to 1"
    )]
    public void What_is_wrong_in_a_file_is_named(string file, string content, string message)
    {
        using var folder = Folder();
        folder.Write($"bf16/{file}", content);

        var error = Assert.Throws<UserErrorException>(() => ProfileFolder.Load(folder.File("bf16")));
        Assert.StartsWith($"{folder.File("bf16")}/{file}:{message}", error.Message);
    }

    [Fact]
    public void A_folder_without_a_profile_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Message("no such folder", "nowhere");
        Message("no meta.yaml here", "");
        folder.Write("meta.yaml", Meta);
        Message("has no folder tp1", "");

        void Message(string message, string path) =>
            Assert.Contains(
                message,
                Assert.Throws<UserErrorException>(() => ProfileFolder.Load(folder.File(path))).Message,
                StringComparison.Ordinal
            );
    }

    /// <summary>Computed apart from this program, by the documented rules, from the recorded profiles.</summary>
    [Theory]
    [InlineData(
        "meta-llama/Llama-3.1-8B",
        1,
        1,
        new[]
        {
            11212.5097,
            16049.758448,
            21394.459881,
            35368.609339,
            82945.3117,
            110875.396065,
            24774.589176,
            38625.116759,
            131443.209155,
            10998.24569,
            18120.176031,
            27169.757215,
        }
    )]
    [InlineData(
        "meta-llama/Llama-3.1-8B",
        2,
        1,
        new[]
        {
            8725.251975,
            14208.788419,
            17778.277574,
            46151.742156,
            109535.297929,
            214141.29075,
            32558.249318,
            46346.007745,
            132993.724618,
            8945.077593,
            12483.328977,
            24623.712478,
        }
    )]
    [InlineData(
        "Qwen/Qwen3-30B-A3B-Instruct-2507",
        1,
        2,
        new[]
        {
            6468.969053,
            29982.541716,
            35276.096437,
            45561.63554,
            81803.832195,
            158017.402588,
            39020.369631,
            52229.521924,
            151531.397491,
            14778.444278,
            15863.975243,
            44083.298061,
        }
    )]
    public void Recorded_profiles_give_the_times_of_the_documented_rules(
        string id,
        int tp,
        int ep,
        double[] microseconds
    )
    {
        var meta = SharedFiles.Require($"measured/profiles/RTXPRO6000/{id}/bf16/meta.yaml");
        var instance = Scenes.Instance("NVIDIA_RTX_PRO_6000", tp) with
        {
            ExpertParallel = ep,
            LinkBytesPerSecond = 16 * (double)(1 << 30),
            LinkLatencySeconds = 20e-6,
        };
        var profile = ProfileFolder.Load(Path.GetDirectoryName(meta)!);
        var model = new MeasuredModel(profile, ModelCatalog.BuiltIn.Get(id), new Precision(), instance);
        IterationBatch[] batches =
        [
            Batches.Mixed([], [100]),
            Batches.Mixed([], [.. Enumerable.Repeat(300, 100)]),
            Batches.Mixed([], [.. Enumerable.Range(0, 112).Select(i => 50 + 13 * i)]),
            Batches.Mixed([(777, 0)], []),
            Batches.Mixed([(2048, 0)], []),
            Batches.Mixed([(5000, 0)], []),
            Batches.Mixed([(512, 0)], [200, 900, 1700]),
            Batches.Mixed([(600, 300), (100, 1000)], [.. Enumerable.Repeat(64, 30), 3000]),
            Batches.Mixed([(1900, 4000)], [.. Enumerable.Range(0, 98).Select(i => 100 + 40 * i)]),
            Batches.Mixed([(10, 0)], []),
            Batches.Mixed([], [20000, 20000, 20000, 20000]),
            Batches.Mixed([(30, 0)], [.. Enumerable.Repeat(500, 200)]),
        ];

        for (var index = 0; index < batches.Length; index++)
        {
            Assert.Equal(microseconds[index], model.Seconds(batches[index]) * 1e6, 1e-5);
        }

        Assert.Equal(12, model.Iterations);
        // Too many tokens; a context too long; and the slices (0, 0), (24, 256) and (36, 256), which were not measured.
        Assert.Equal((1, 4), (model.OutOfRange["tokens"], model.IterationsOutOfRange));
    }

    private static TemporaryFolder Folder(params ReadOnlySpan<(string Right, string Other)> changes)
    {
        var folder = new TemporaryFolder();
        var meta = Meta;
        foreach (var (right, other) in changes)
        {
            meta = meta.Replace(right, other, StringComparison.Ordinal);
        }

        folder.Write("bf16/meta.yaml", meta);
        foreach (var file in s_files)
        {
            var parts = file.Split('|');
            folder.Write($"bf16/{parts[0]}", parts[1]);
        }

        return folder;
    }
}
