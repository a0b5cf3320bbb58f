using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Decode;

/// <summary>The closed forms against iterations summed one by one.</summary>
public sealed class IterationPlanTests
{
    public static TheoryData<string, int> Batches =>
        new()
        {
            { "standard", 1 },
            { "standard", 60 },
            { "standard", 400 },
            { "reference", 60 },
            { "unfused", 60 },
            { "experts", 60 },
            { "latent attention", 60 },
            { "latent attention", 4000 },
            { "calibrated", 60 },
            { "measured", 60 },
            { "kinked", 7 },
            { "shrinking", 7 },
            { "unknown", 7 },
        };

    [Theory]
    [MemberData(nameof(Batches))]
    public void Every_end_is_within_a_nanosecond_of_the_sum(string model, int requests)
    {
        var (performance, batch) = (Model(model), new DecodeBatch(requests, requests * 900L, 3000));
        var plan = new IterationPlan();
        plan.Make(new SimTime(123), 3000, batch, performance);

        var nanoseconds = 123.0;
        for (var i = 0; i < 3000; i++)
        {
            nanoseconds += performance.DecodeSeconds(After(batch, i)) * 1e9;
            Assert.Equal(nanoseconds, plan.EndOf(i + 1).Nanoseconds, 1.0);
        }

        Assert.Equal(plan.EndOf(3000), plan.End);
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void The_inverse_finds_every_iteration_at_its_end_and_just_before(string model, int requests)
    {
        var plan = new IterationPlan();
        plan.Make(new SimTime(123), 3000, new DecodeBatch(requests, requests * 900L, 3000), Model(model));

        for (var i = 1; i <= 3000; i++)
        {
            Assert.Equal(i, plan.EndedBy(plan.EndOf(i)));
            Assert.Equal(i - 1, plan.EndedBy(plan.EndOf(i) - new SimTime(1)));
        }

        Assert.Equal(0, plan.EndedBy(new SimTime(123)));
        plan.CutAfter(plan.EndOf(1000));
        Assert.Equal(1001, plan.Count);
    }

    [Fact]
    public void A_plan_on_the_roofline_is_made_of_the_pieces_that_the_roofs_have()
    {
        var model = Model("standard");
        var trend = model.Trend(new DecodeBatch(60, 60 * 900, 3000));

        // Memory-bound for good: one piece, however long.
        Assert.Equal(int.MaxValue, trend.Iterations);
        Assert.Equal(1, Model("unknown").Trend(new DecodeBatch(60, 60 * 900, 3000)).Iterations);
    }

    private static DecodeBatch After(in DecodeBatch batch, int iterations) =>
        new(
            batch.Requests,
            batch.ContextTokens + ((long)iterations * batch.Requests),
            batch.LongestContextTokens + iterations
        );

    private static IPerformanceModel Model(string name) =>
        name switch
        {
            "standard" => Roofline(Semantics.Standard),
            "reference" => Roofline(Semantics.Reference),
            "unfused" => Roofline(Semantics.Standard, fusedAttention: false),
            "experts" => Roofline(Semantics.Standard, "Qwen/Qwen3-30B-A3B-Instruct-2507"),
            "latent attention" => Roofline(Semantics.Standard, "deepseek-ai/DeepSeek-V2-Lite"),
            "calibrated" => Roofline(
                Semantics.Standard,
                "deepseek-ai/DeepSeek-V2-Lite",
                "NVIDIA_RTX_PRO_6000"
            ),
            "measured" => ToyProfile.InMilliseconds(),
            "kinked" => new Lines(kinkTokens: 7 * 1400),
            "shrinking" => new Lines(kinkTokens: long.MaxValue, growth: -1e-10),
            _ => new OneByOne(),
        };

    private static RooflineModel Roofline(
        Semantics semantics,
        string model = Scenarios.Llama70B,
        string hardware = "NVIDIA_H100_SXM",
        bool fusedAttention = true
    )
    {
        var instance = Scenarios.Instances(hardware, tp: 4, count: 1)[0];
        return new(
            ModelCatalog.BuiltIn.Get(model),
            new Precision(),
            instance,
            semantics,
            fusedAttention,
            instance.Hardware.Calibration
        );
    }

    /// <summary>Flat up to a number of context tokens, then growing with each.</summary>
    private sealed class Lines(long kinkTokens, double growth = 1e-9) : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch)
        {
            var context = batch.Decode.ContextTokens;
            return 0.01 + (growth * (growth < 0 ? context : Math.Max(0, context - kinkTokens)));
        }

        public DecodeTrend Trend(in IterationBatch batch)
        {
            var (requests, context, _, _) = batch.Decode;
            return growth < 0 || context >= kinkTokens
                ? new(Seconds(batch), growth * requests, int.MaxValue)
                : new(Seconds(batch), 0, (int)((kinkTokens - context) / requests));
        }
    }

    /// <summary>A model that says nothing of how its times go on.</summary>
    private sealed class OneByOne : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) =>
            0.001 + (1e-5 * Math.Sqrt(batch.Decode.ContextTokens));
    }
}
