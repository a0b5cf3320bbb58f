using System.Text;
using FsCheck.Xunit;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class CalibrationTests
{
    private const string Hardware = "NVIDIA_RTX_PRO_6000";

    private static readonly (string Model, int Tp, int Ep)[] s_deployments =
    [
        ("meta-llama/Llama-3.1-8B", 1, 1),
        ("meta-llama/Llama-3.1-8B", 8, 1),
        ("Qwen/Qwen3-30B-A3B", 2, 1),
        ("Qwen/Qwen3-30B-A3B", 1, 4),
        ("deepseek-ai/DeepSeek-V2-Lite", 1, 1),
        ("openai-community/gpt2", 1, 1),
    ];

    private static readonly (RooflineModel Bare, RooflineModel Calibrated)[] s_models =
    [
        .. s_deployments.Select(deployment =>
            (Model(deployment, calibration: null), Model(deployment, Calibration(Hardware)))
        ),
    ];

    [Property(MaxTest = 300)]
    public void The_calibrated_roofline_is_never_faster_than_the_bare_one(
        ushort[] chunks,
        ushort[] computed,
        ushort[] contexts
    )
    {
        (int, int)[] prefills = [.. chunks.Zip(computed, (chunk, before) => (chunk + 2, (int)before))];
        int[] decodes = [.. contexts.Select(context => (int)context)];
        if (prefills.Length + decodes.Length == 0)
        {
            decodes = [0];
        }

        var batch = Batches.Mixed(prefills, decodes);
        foreach (var (bare, calibrated) in s_models)
        {
            Assert.True(calibrated.Seconds(batch) > bare.Seconds(batch), $"{batch}");
        }
    }

    [Fact]
    public void Whole_prompts_and_decode_batches_are_never_faster_and_as_their_tables()
    {
        foreach (var (bare, calibrated) in s_models)
        {
            foreach (var tokens in new[] { 2, 100, 5000 })
            {
                Assert.True(calibrated.PrefillSeconds(tokens) > bare.PrefillSeconds(tokens));
                Near(calibrated.PrefillTable(1, tokens).Seconds, calibrated.PrefillSeconds(tokens));
                var batch = new DecodeBatch(3, 3L * tokens, tokens);
                Assert.True(calibrated.DecodeSeconds(batch) > bare.DecodeSeconds(batch));
                Near(calibrated.DecodeTable(batch).Seconds, calibrated.DecodeSeconds(batch));
            }
        }
    }

    [Fact]
    public void Without_a_calibration_the_roofline_is_the_bare_one()
    {
        var batch = Batches.Mixed([(100, 50)], [20, 300]);
        foreach (var (deployment, (bare, _)) in s_deployments.Zip(s_models))
        {
            var none = Model(deployment, LlmSim.Performance.Calibration.None);
            Assert.Equal(bare.Seconds(batch), none.Seconds(batch));
        }
    }

    [Fact]
    public void Each_figure_lowers_what_it_is_of()
    {
        var deployment = ("meta-llama/Llama-3.1-8B", 2, 1);
        var none = LlmSim.Performance.Calibration.None;
        var bare = Model(deployment, calibration: null);

        // A prompt that arithmetic bounds everywhere: half the rate of its products doubles their time.
        var prompt = bare.PrefillTable(1, 8192);
        var products =
            Seconds(prompt, "q_proj")
            + Seconds(prompt, "k_proj")
            + Seconds(prompt, "v_proj")
            + Seconds(prompt, "out_proj")
            + Seconds(prompt, "gate_proj")
            + Seconds(prompt, "up_proj")
            + Seconds(prompt, "down_proj");
        var slowProducts = none with { Dense = new(0.5, 1, 0) };
        Near(bare.PrefillSeconds(8192) + products, Model(deployment, slowProducts).PrefillSeconds(8192));

        var launches = none with { Dense = new(1, 1, 1) };
        // Four kernels a layer, of which one makes queries, keys and values and one both halves of the MLP; and lm_head.
        Near(bare.PrefillSeconds(10) + 32 * 4 + 1, Model(deployment, launches).PrefillSeconds(10));

        var halfLink = none with { Link = 0.5 };
        var sent = Operation(prompt, "attn_all_reduce").NetworkBytes / 63e9;
        Near(bare.PrefillSeconds(8192) + 64 * sent, Model(deployment, halfLink).PrefillSeconds(8192));

        var overheads = none with { IterationSeconds = 3, RequestSeconds = 0.25 };
        Near(
            bare.DecodeSeconds(new(8, 800, 100)) + 3 + 8 * 0.25,
            Model(deployment, overheads).DecodeSeconds(new(8, 800, 100))
        );

        // Passing one key after the other takes longer than all the rest of attention.
        var keys = none with
        {
            PrefillAttention = new(1, 1, 0, KeySeconds: 1),
        };
        Assert.Equal(32 * 4096, Model(deployment, keys).PrefillSeconds(4096), 1.0);
        Assert.Equal(32 * 5000, Model(deployment, keys).Seconds(Batches.Mixed([(100, 0)], [5000])), 1.0);
    }

    [Theory]
    [InlineData(
        "\"compute\": 0.5",
        "\"compute\": 1.5",
        "calibration:dense:compute: 1.5 where a number from 0.001 to 1"
    )]
    [InlineData(
        "\"compute\": 0.5",
        "\"compute\": 0",
        "calibration:dense:compute: 0 where a number from 0.001 to 1"
    )]
    [InlineData(
        "\"fixed_seconds\": 1e-6",
        "\"fixed_seconds\": -1",
        "calibration:dense:fixed_seconds: -1 where"
    )]
    [InlineData("\"dense\"", "\"dens\"", "calibration:dens: unknown field. Did you mean 'dense'?")]
    [InlineData("\"request_seconds\": 0", "\"link\": 0.5", "calibration:request_seconds: missing.")]
    public void A_wrong_field_of_a_calibration_is_named(string found, string replacement, string message)
    {
        const string Json = """
            {"name": "X", "memory_bytes_per_second": 1e12, "fp16_ops_per_second": 1e14, "int8_ops_per_second": 2e14,
             "on_chip_buffer_bytes": 2e7, "memory_bytes": 80e9, "link_bytes_per_second": 3e11,
             "link_latency_seconds": 1e-6, "source": "none", "calibration":
             {"dense": {"compute": 0.5, "memory": 0.5, "fixed_seconds": 1e-6}, "iteration_seconds": 0,
              "request_seconds": 0, "source": "none"}}
            """;
        Assert.Equal(new(0.5, 0.5, 1e-6), Parse(Json).Calibration!.Dense);

        var wrong = Json.Replace(found, replacement, StringComparison.Ordinal);
        Assert.StartsWith($"x.json:{message}", Assert.Throws<UserErrorException>(() => Parse(wrong)).Message);
    }

    [Fact]
    public void Hardware_without_a_calibration_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            PerformanceSource.CalibrationOf(HardwareCatalog.BuiltIn.Get("NVIDIA_L4"))
        );

        Assert.StartsWith(
            "performance: NVIDIA_L4 has no calibration; the catalog has one for NVIDIA_RTX",
            error.Message
        );
    }

    private static Calibration Calibration(string hardware) =>
        HardwareCatalog.BuiltIn.Get(hardware).Calibration!;

    private static RooflineModel Model((string Model, int Tp, int Ep) deployment, Calibration? calibration) =>
        new(
            ModelCatalog.BuiltIn.Get(deployment.Model),
            new Precision(),
            Scenes.Instance(Hardware, deployment.Tp) with
            {
                ExpertParallel = deployment.Ep,
            },
            Semantics.Standard,
            fusedAttention: true,
            calibration: calibration
        );

    private static HardwareDescription Parse(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return HardwareParser.Parse(stream, "x.json");
    }

    private static double Seconds(RooflineTable table, string name) =>
        Operation(table, name).Seconds * Operation(table, name).Runs;

    private static OperationCost Operation(RooflineTable table, string name) =>
        table.Operations.Single(operation => operation.Name == name);

    private static void Near(double expected, double actual) =>
        Assert.InRange(actual, expected * (1 - 1e-12), expected * (1 + 1e-12));
}
