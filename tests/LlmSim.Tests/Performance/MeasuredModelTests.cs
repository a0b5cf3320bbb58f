using LlmSim.Performance;
using LlmSim.Performance.Measured;
using Xunit;
using static LlmSim.Tests.Performance.ToyProfile;

namespace LlmSim.Tests.Performance;

/// <summary>Times of iterations from a measured profile.</summary>
public sealed class MeasuredModelTests
{
    [Fact]
    public void An_iteration_is_the_sum_of_its_layers()
    {
        // Layer by layer at 6 tokens of 2 requests: slope 1 a token and a constant that tells the layers apart.
        const double Layer = 9 * 6 + 2 * 2e2 + 3e3 + 4e4 + 5e5 + 1e6 + 6e6 + 7e7 + 8e8;
        const double Once = (6 + 1e1) + (6 + 9e9) + (2 + 1e10) + (2 + 2e10);
        var batch = Batches.Mixed([(5, 100)], [40]);

        // Attention at (5, 100, 1, 40): 1 a prefill token, 0.1 a computed one, 10 a request, 0.01 a token of its context.
        Assert.Equal(Once + 3 * (Layer + 5 + 10 + 10 + 0.4), Model(Dense).Seconds(batch), 1e-3);
    }

    [Fact]
    public void Without_norms_of_queries_and_keys_there_are_none()
    {
        var profile = Profile();
        var shard = profile.Shards[1] with
        {
            Dense = profile.Shards[1].Dense.Where(layer => layer.Key != "qk_norm").ToDictionary(),
        };
        var without = profile with { Shards = new Dictionary<int, MeasuredShard> { [1] = shard } };
        var batch = Batches.Mixed([], [40, 40]);

        Assert.Equal(3 * (2 + 4e4), Model(Dense).Seconds(batch) - Model(Dense, without).Seconds(batch), 1e-3);
    }

    [Fact]
    public void Norms_and_the_sampler_come_from_one_accelerator_and_all_reduces_join()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 2) with
        {
            LinkBytesPerSecond = 1e9,
            LinkLatencySeconds = 0.25,
        };
        var batch = Batches.Mixed([], [40, 40]);
        var two = new MeasuredModel(Profile(), Dense, new Precision(), instance).Seconds(batch);

        // Everything that is divided takes half; 4 layers' worth of norms and the sampler do not.
        var undivided = 3 * (2 * (2 + 2e2) + 2 + 4e4) + (2 + 9e9) + (2 + 2e10);
        const double Bytes = 2 * 64 * 2;
        var allReduce = 2 * (0.25 + Bytes / 2 / 1e9) + 3 * Bytes / 2 / 3072e9;
        var expected = undivided + (Model(Dense).Seconds(batch) - undivided) / 2 + 6 * allReduce;
        Assert.Equal(expected, two, 1e-3);
    }

    [Fact]
    public void Experts_take_the_place_of_the_mlp_on_the_tokens_and_experts_of_their_rank()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 1) with
        {
            ExpertParallel = 2,
            LinkBytesPerSecond = 1e6,
            LinkLatencySeconds = 0.5,
        };
        var batch = Batches.Mixed([], [.. Enumerable.Repeat(40, 6)]);
        var mlp = (6 + 6e6) + (6 + 7e7) + (6 + 8e8);

        // Of 6 tokens with 2 of 8 experts each, 1 − (1/2)² have one here, and each of the 4 here is left alone by (3/4)⁶.
        var experts = 1000 * 4.5 + 1e6 * 4 * (1 - Math.Pow(0.75, 6));
        var allGather = 0.5 + 3 * (64 + 8) * 2 / 1e6;
        var reduceScatter = 0.5 + 6 * 64 * 2 / 2 / 1e6;
        var expected = 3 * (experts + allGather + reduceScatter - mlp);
        Assert.Equal(
            expected,
            new MeasuredModel(Profile(), WithExperts, new Precision(), instance).Seconds(batch)
                - Model(Dense).Seconds(batch),
            1e-3
        );
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 10)]
    public void Experts_that_members_of_a_group_share_are_computed_for_all_their_tokens(int ranks, int tokens)
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 1) with { ExpertParallel = ranks };
        var model = new MeasuredModel(Profile(), WithExperts, new Precision(), instance);
        var batch = Batches.Mixed([], [.. Enumerable.Repeat(40, 8)]);

        var share = 1 - Math.Pow((ranks - 1.0) / ranks, 2);
        double Experts(int count) =>
            3 * (1000 * count * share + 1e6 * (8.0 / ranks) * (1 - Math.Pow(0.75, count)));
        // What a lone instance is told of others is nothing to it.
        Assert.Equal(
            Experts(tokens) - Experts(8),
            model.Seconds(batch with { ExpertTokens = 10 }) - model.Seconds(batch),
            1e-3
        );
    }

    [Fact]
    public void Several_chunks_attend_one_by_one_and_beside_them_no_skew_is_counted()
    {
        var axis = new SkewAxis([0, 1e9], ["all"]);
        var shard = Profile().Shards[1] with
        {
            // 7 s whatever is computed, and 1 s for each 16 tokens of a chunk, squared.
            Attention = new([
                .. from prefill in new[] { 0, 16, 32, 64 }
                from requests in new[] { 0, 100 }
                from context in new[] { 0, 1000 }
                select new AttentionPoint(
                    prefill,
                    0,
                    requests,
                    context,
                    7 + (prefill * prefill / 256.0) + context
                ),
            ]),
            Skew = new SkewCorrection(axis, axis, axis, axis, [], defaultAlpha: 0.5),
        };
        var model = Model(
            Dense,
            Profile() with
            {
                Shards = new Dictionary<int, MeasuredShard> { [1] = shard },
            }
        );
        PrefillChunk[] chunks = [new(32, 0), new(32, 0)];

        foreach (int[] decoding in new int[][] { [], [40, 40], [10, 70] })
        {
            var sums = Batches.Mixed([(32, 0), (32, 0)], decoding);
            Assert.Equal(
                3 * (2 * (7 + 4) - (7 + 16)),
                model.Seconds(sums with { PrefillChunks = chunks }) - model.Seconds(sums),
                1e-3
            );
        }

        Assert.Equal(
            model.Seconds(Batches.Mixed([(32, 0)], [40, 40])),
            model.Seconds(Batches.Mixed([(32, 0)], [10, 70]))
        );
        Assert.True(model.Seconds(Batches.Mixed([], [40, 40])) < model.Seconds(Batches.Mixed([], [10, 70])));
    }

    [Theory]
    [InlineData(32, 0)]
    [InlineData(37, 0)]
    [InlineData(38, 4000 + ((38 * 8 / 188.0) - 1) * 1000)]
    [InlineData(128, 4000 + ((128 * 8 / 188.0) - 1) * 1000)]
    public void Keys_are_undivided_from_four_fifths_of_two_blocks_a_multiprocessor_on(int padded, double keys)
    {
        var attention = new UndividedAttention(multiprocessors: 188, keysPerSecond: 22.5e6, kvHeads: 8);

        Assert.Equal(keys / 22.5e6, attention.LeastSeconds(padded, padded, 1000, 4000), 1e-12);
    }

    [Fact]
    public void The_longest_request_holds_undivided_attention_and_skew_is_not_counted_twice()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 1);
        var known = instance with
        {
            Hardware = instance.Hardware with { Multiprocessors = 4, UndividedKeysPerSecond = 2 },
        };
        var axis = new SkewAxis([0, 1e9], ["all"]);
        var skewed = Profile() with
        {
            Shards = new Dictionary<int, MeasuredShard>
            {
                [1] = Profile().Shards[1] with
                {
                    Skew = new SkewCorrection(axis, axis, axis, axis, [], defaultAlpha: 0.5),
                },
            },
        };
        var even = Model(Dense).Seconds(Batches.Mixed([], [40, 40]));
        var (batch, one) = (Batches.Mixed([], [10, 70]), Batches.Mixed([], [70]));

        // 2 requests with 4 KV heads on 4 multiprocessors: 70 keys and one request's 40 at 2 a second, for the 20.4 s when even.
        const double Longer = 3 * (((70 + 40) / 2.0) - 20.4);
        Assert.Equal(Longer, Seconds(Profile(), known, batch) - even, 1e-3);
        Assert.Equal(Longer, Seconds(skewed, known, batch) - even, 1e-3);
        // One request, or an accelerator whose figures are not known: not held.
        Assert.Equal(Seconds(Profile(), instance, one), Seconds(Profile(), known, one));
        Assert.Equal(even, Seconds(Profile(), instance, batch));

        static double Seconds(MeasuredProfile profile, InstanceSpec spec, IterationBatch batch) =>
            new MeasuredModel(profile, Dense, new Precision(), spec).Seconds(batch);
    }

    [Fact]
    public void Members_of_a_group_compute_the_layers_for_the_largest_of_them()
    {
        var model = Model(Dense);
        var alone = Batches.Mixed([], [40, 40]);
        var slopes = 1 + 1 + 3 * (2 + 7);

        Assert.Equal(5 * slopes, model.Seconds(alone with { GroupTokens = 7 }) - model.Seconds(alone), 1e-3);
        // A member without requests computes the layers and nothing else.
        Assert.Equal(
            model.Seconds(alone) - 3 * (20 + 0.4) - (2 + 1e10) - (2 + 2e10),
            model.Seconds(new IterationBatch { GroupTokens = 2 }),
            1e-3
        );
    }

    [Fact]
    public void Contexts_that_differ_are_corrected_by_a_share_of_what_the_longest_would_take()
    {
        var axis = new SkewAxis([0, 1e9], ["all"]);
        var skew = new SkewCorrection(axis, axis, axis, axis, [], defaultAlpha: 0.5);
        var profile = Profile();
        var shard = profile.Shards[1] with { Skew = skew };
        var model = Model(
            Dense,
            profile with
            {
                Shards = new Dictionary<int, MeasuredShard> { [1] = shard },
            }
        );

        // A mean of 40 and a longest of 70: half of the 0.01 a token for the 30 tokens between, in three layers.
        Assert.Equal(
            3 * 0.5 * 0.01 * 30,
            model.Seconds(Batches.Mixed([], [10, 40, 70])) - model.Seconds(Batches.Mixed([], [40, 40, 40])),
            1e-3
        );
    }

    [Fact]
    public void What_lies_beyond_the_measurements_is_counted_by_table()
    {
        var model = Model(Dense);
        _ = model.Seconds(Batches.Mixed([(5, 100)], [40]));
        Assert.Equal((1, 0), (model.Iterations, model.IterationsOutOfRange));

        _ = model.Seconds(Batches.Mixed([(1001, 100)], []));
        _ = model.Seconds(Batches.Mixed([], [40, 2000]));
        _ = model.Seconds(Batches.Mixed([], [.. Enumerable.Repeat(40, 101)]));
        Assert.Equal((4, 3), (model.Iterations, model.IterationsOutOfRange));
        Assert.Equal([("attention", 3), ("per_sequence", 1), ("tokens", 2)], Counts(model));
    }

    [Fact]
    public void A_prompt_of_one_token_is_as_a_request_that_decodes_with_nothing_before_it()
    {
        var model = Model(Dense);

        Assert.Equal(model.Seconds(Batches.Mixed([], [0])), model.PrefillSeconds(1));
    }

    [Fact]
    public void The_shortest_context_of_a_decode_batch_is_as_far_below_the_mean_as_the_longest_is_above_it()
    {
        var model = Model(Dense);

        Assert.Equal(
            model.Seconds(Batches.Mixed([], [40, 50, 60])),
            model.DecodeSeconds(new DecodeBatch(3, 153, 61))
        );
    }

    [Fact]
    public void A_steady_state_allocates_nothing()
    {
        var model = Model(Dense);
        var batch = Batches.Mixed([(5, 100)], [40, 50]);
        _ = model.Seconds(batch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = model.Seconds(batch);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Where_times_fall_at_the_ends_of_all_tables_no_iteration_takes_less_than_nothing()
    {
        Curve Falling() => new([new(1, 1e-3), new(2, 1e-6)]);
        var layers = Profile().Shards[1].Dense.Keys.ToDictionary(layer => layer, _ => Falling());
        var shard = new MeasuredShard
        {
            Dense = layers,
            PerSequence = new Dictionary<string, Curve> { ["lm_head"] = Falling(), ["sampler"] = Falling() },
            // Falls along each of its four axes.
            Attention = new([
                .. from prefill in new[] { 0, 16 }
                from computed in new[] { 0, 16 }
                from requests in new[] { 0, 1 }
                from context in new[] { 0, 16 }
                select new AttentionPoint(
                    prefill,
                    computed,
                    requests,
                    context,
                    1e-3 / (1 + prefill + computed + requests + context)
                ),
            ]),
        };
        var model = Model(
            Dense,
            Profile() with
            {
                Shards = new Dictionary<int, MeasuredShard> { [1] = shard },
            }
        );
        var batches =
            from prompts in new (int, int)[][] { [], [(1, 0)], [(900, 40)], [(500, 0), (400, 800)] }
            from requests in new[] { 0, 1, 3, 200 }
            where prompts.Length + requests > 0
            select Batches.Mixed(prompts, [.. Enumerable.Range(1, requests).Select(i => 9 * i)]);

        Assert.All(batches, batch => Assert.True(model.Seconds(batch) > 0));
    }

    [Fact]
    public void A_table_that_ends_at_the_most_tokens_there_are_takes_no_memory_for_them()
    {
        var curve = new Curve([new(1, 1), new(int.MaxValue, 1 + 1e-9 * (int.MaxValue - 1.0))]);
        var shard = Profile().Shards[1];
        shard = shard with
        {
            Dense = shard.Dense.Keys.ToDictionary(layer => layer, _ => curve),
            PerSequence = shard.PerSequence.Keys.ToDictionary(layer => layer, _ => curve),
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var model = Model(
            Dense,
            Profile() with
            {
                Shards = new Dictionary<int, MeasuredShard> { [1] = shard },
            }
        );

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        // The same line on both sides of what is computed ahead.
        var (near, far) = (Seconds(60_000), Seconds(80_000));
        Assert.Equal(far - near, Seconds(100_000) - far, 1e-6);
        Assert.Equal(0, model.OutOfRange["tokens"]);

        double Seconds(int tokens) => model.Seconds(Batches.Mixed([(tokens, 0)], []));
    }

    private static IEnumerable<(string, long)> Counts(MeasuredModel model) =>
        model.OutOfRange.Select(table => (table.Key, table.Value));
}
