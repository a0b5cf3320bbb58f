using LlmSim.Performance;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class RooflineIterationTests
{
    private static readonly RooflineModel s_model = Scenes.Roofline(Semantics.Standard);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(777)]
    [InlineData(8192)]
    [InlineData(100_000)]
    public void A_whole_prompt_alone_takes_its_table_under_every_combination_of_options(int promptTokens)
    {
        foreach (var semantics in Scenes.AllSemantics())
        {
            foreach (var fused in new[] { true, false })
            {
                var model = Scenes.Roofline(semantics, fusedAttention: fused);
                Near(model.PrefillTable(1, promptTokens).Seconds, model.PrefillSeconds(promptTokens));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public void Decoding_requests_alone_take_their_table_and_their_trend(int requests)
    {
        int[] computed = [.. Enumerable.Range(0, requests).Select(index => 17 * index)];
        var decode = new DecodeBatch(requests, computed.Sum(tokens => tokens + 1), computed[^1] + 1);
        foreach (var semantics in Scenes.AllSemantics())
        {
            foreach (var fused in new[] { true, false })
            {
                var model = Scenes.Roofline(semantics, fusedAttention: fused);
                var batch = Batches.Mixed([], computed);
                Near(model.DecodeTable(decode).Seconds, model.Seconds(batch));
                Assert.Equal(model.Seconds(batch), model.Trend(batch).Seconds);
                var padded = batch with { GroupTokens = 400 };
                Assert.Equal(model.Seconds(padded), model.Trend(padded).Seconds);
            }
        }
    }

    [Fact]
    public void A_mixed_batch_takes_less_than_its_parts_one_after_the_other_and_more_than_either()
    {
        var mixed = Seconds(Batches.Mixed([(1500, 0), (300, 700)], [10, 2000, 4000]));
        var prefill = Seconds(Batches.Mixed([(1500, 0), (300, 700)], []));
        var decode = Seconds(Batches.Mixed([], [10, 2000, 4000]));

        Assert.InRange(mixed, Math.Max(prefill, decode), prefill + decode);
    }

    [Fact]
    public void Attention_of_a_chunk_is_that_of_the_whole_prompt_less_that_of_what_was_there()
    {
        // Where both are bound by arithmetic, and attention alone depends on what was there.
        var late = Seconds(Batches.Mixed([(8192, 65_536)], []));
        var first = Seconds(Batches.Mixed([(8192, 0)], []));

        var opsPerPair = 16 * (4 * 128 + 5);
        Near(80.0 * 8192 * 65_536 * opsPerPair / 989.5e12, late - first, 1e-9);
    }

    [Fact]
    public void Members_of_a_group_compute_the_layers_for_the_largest_of_them_and_attention_for_themselves()
    {
        var alone = Batches.Mixed([], [100, 200]);
        var dummies = Batches.Mixed([], [.. Enumerable.Repeat(0, 500)]);

        Assert.Equal(Seconds(alone), Seconds(alone with { GroupTokens = 1 }));
        Assert.True(Seconds(alone with { GroupTokens = 500 }) > Seconds(alone));
        Assert.True(Seconds(alone with { GroupTokens = 500 }) < Seconds(dummies));
    }

    [Fact]
    public void More_of_anything_takes_longer()
    {
        var batch = Batches.Mixed([(1500, 0)], [10, 2000]);

        Assert.True(Seconds(batch) < Seconds(Batches.Mixed([(1501, 0)], [10, 2000])));
        Assert.True(Seconds(batch) < Seconds(Batches.Mixed([(1500, 1)], [10, 2000])));
        Assert.True(Seconds(batch) < Seconds(Batches.Mixed([(1500, 0)], [10, 2001])));
        Assert.True(Seconds(batch) < Seconds(Batches.Mixed([(1500, 0)], [10, 2000, 1])));
    }

    [Fact]
    public void A_steady_state_allocates_nothing()
    {
        var batch = Batches.Mixed([(1500, 0)], [10, 2000]);
        _ = Seconds(batch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = Seconds(batch);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static double Seconds(in IterationBatch batch) => s_model.Seconds(batch);

    private static void Near(double expected, double actual, double relative = 1e-12) =>
        Assert.InRange(actual, expected * (1 - relative), expected * (1 + relative));
}
