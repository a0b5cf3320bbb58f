using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Batching;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>Pictures in an idle cluster: times that can be added up by hand. A picture of w x h has w · h embeddings of 2 bytes and two marks.</summary>
public sealed class EncodeStageTests
{
    private static readonly MediaItem s_picture = new(4, 5);

    /// <summary>Half a second, 10 ms a patch, 1 ms a pair: 0.5 + 0.2 + 0.4 for one alone, and as much less 0.5 for each that goes with it.</summary>
    private static readonly IterationTimesModel s_encoding = new(0.5, 0.01, 0.001);

    /// <summary>A second, and 100 ms a token.</summary>
    private static readonly IterationTimesModel s_text = new(1, 0.1);

    private static readonly EngineSpec s_engine = new()
    {
        KvBlocks = 1000,
        MaxBatchedTokens = 100,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    /// <summary>1.1 s to encode, 40 bytes at 100 a second, 0.25 s of latency, and a prompt of 7 + 22 tokens.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ttft_is_encoding_transfer_and_prefill(bool hasEngine)
    {
        var (records, summary) = Run(Apart(hasEngine, encoders: 1), Request(0, 3, 7, s_picture));

        var record = records[0];
        Assert.Equal(1.1 + 0.65 + 3.9, record.TtftSeconds, 1e-9);
        Assert.Equal(3, record.EncodeStart!.Value.Seconds);
        Assert.Equal(3 + 1.75, record.EncodeFinish.Seconds, 1e-9);
        Assert.Equal(0, record.PrefillQueueSeconds);
        Assert.Equal(
            new EncoderUsage(1, 22)
            {
                Encoded = 1,
                EncodeQueueSeconds = summary.Encoder!.EncodeQueueSeconds,
                EncodeSeconds = summary.Encoder.EncodeSeconds,
            },
            summary.Encoder
        );
        Assert.Equal(
            (0, 1.75),
            (summary.Encoder.EncodeQueueSeconds.Mean, Math.Round(summary.Encoder.EncodeSeconds.Mean, 9))
        );
        var encoder = Assert.Single(summary.Instances, usage => usage.Stage == "encode");
        Assert.Equal((1, 1, 1.1), (encoder.Requests, encoder.MeanBatch, Math.Round(encoder.BusySeconds, 9)));
    }

    /// <summary>The same at the instance that computes the prompt: nothing is sent.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ttft_is_encoding_and_prefill_where_one_instance_does_both(bool hasEngine)
    {
        var (records, summary) = Run(Here(hasEngine, s_engine), Request(0, 3, 7, s_picture));

        Assert.Equal(1.1 + 3.9, records[0].TtftSeconds, 1e-9);
        Assert.Null(records[0].EncodeStart);
        Assert.Equal((1, 0), (summary.Encoder!.Encoded, summary.Encoder.Found));
    }

    /// <summary>
    /// Two frames of 2 x 2 patches and one for the class, of 4 embeddings and 6 tokens beside, a line feed between them: 0.5 + 2 · 5 · 0.01 + 2 · 25 · 0.001 s, 16 bytes to send, and 7 + 21 tokens.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_video_is_encoded_as_its_frames_and_prefilled_as_its_tokens(bool hasEngine, bool isApart)
    {
        var scenario = isApart ? Apart(hasEngine, encoders: 1) : Here(hasEngine, s_engine);
        var video = new MediaItem(3, 2, Seconds: 1, FramesPerSecond: 2);
        var (records, summary) = Run(scenario with { TakesVideos = true }, Request(0, 3, 7, video));

        var encoding = 0.5 + 0.1 + 0.05;
        var transfer = isApart ? 0.16 + 0.25 : 0;
        Assert.Equal(encoding + transfer + 1 + (0.1 * (7 + 21)), records[0].TtftSeconds, 1e-9);
        Assert.Equal((0, 1, 21), (records[0].Images, records[0].Videos.Count, records[0].Videos.Tokens));
        Assert.Equal(
            (1, 1, 21),
            (summary.Encoder!.Encoded, summary.Encoder.Videos, summary.Encoder.VideoTokens)
        );
    }

    /// <summary>
    /// A quarter of a second is three windows of 5 positions, of 15 embeddings and a mark: 0.5 + 15 · 0.01 + 3 · 25 · 0.001 s, 4 bytes of each to send, and 7 + 16 tokens. A picture
    /// beside it has its own encoder, which takes another half a second.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Sound_is_encoded_as_its_windows_and_prefilled_as_its_tokens(bool hasEngine, bool isApart)
    {
        var scenario = isApart ? Apart(hasEngine, encoders: 1) : Here(hasEngine, s_engine);
        scenario = scenario with
        {
            Model = scenario.Model with { Audio = RandomImages.Hearing },
            TakesAudio = true,
        };
        var sound = new MediaItem(0, 0, Seconds: 0.25);
        var (records, summary) = Run(scenario, Request(0, 3, 7, sound), Request(1, 100, 7, s_picture, sound));

        var encoding = 0.5 + 0.15 + 0.075;
        var alone = encoding + (isApart ? 0.6 + 0.25 : 0) + 1 + (0.1 * (7 + 16));
        Assert.Equal(alone, records[0].TtftSeconds, 1e-9);
        // The picture's 40 bytes are sent while the sound is encoded.
        Assert.Equal(alone + 1.1 + 2.2, records[1].TtftSeconds, 1e-9);
        Assert.Equal(new MediaTotals(1, 16), records[0].Audio);
        Assert.Equal((1, 1), (records[1].Images, records[1].Audio.Count));
        Assert.Equal(
            (3, 2, 32),
            (summary.Encoder!.Encoded, summary.Encoder.Audio, summary.Encoder.AudioTokens)
        );
    }

    /// <summary>Two pictures follow each other, or go side by side; the link of one instance sends the second while the first is on its way.</summary>
    [Theory]
    [InlineData(1, 1, 1.1 + 1.1 + 0.65)]
    [InlineData(2, 1, 1.1 + 0.65)]
    // Both wait for none, so that the first is alone, and the second follows.
    [InlineData(1, 2, 1.1 + 1.1 + 0.65)]
    public void Pictures_of_a_request_go_to_the_instance_with_the_least_ahead(
        int encoders,
        int batch,
        double seconds
    )
    {
        var (records, _) = Run(
            Apart(hasEngine: false, encoders, batch),
            Request(0, 0, 7, s_picture, s_picture)
        );

        Assert.Equal(seconds + 1 + (0.1 * (7 + 44)), records[0].TtftSeconds, 1e-9);
    }

    /// <summary>The first is encoded alone, the two that wait then together: 0.5 + 2 · 0.6 s, and their bytes follow each other over the link.</summary>
    [Fact]
    public void Those_that_wait_are_encoded_together_up_to_the_batch()
    {
        var (records, summary) = Run(
            Apart(hasEngine: false, encoders: 1, batch: 2),
            Request(0, 0, 7, s_picture),
            Request(1, 0.1, 7, s_picture),
            Request(2, 0.2, 7, s_picture)
        );

        Assert.Equal(1.1, records[1].EncodeStart!.Value.Seconds, 1e-9);
        Assert.Equal(1.1, records[2].EncodeStart!.Value.Seconds, 1e-9);
        Assert.Equal(1.1 + 1.7 + 0.65, records[1].EncodeFinish.Seconds, 1e-9);
        Assert.Equal(1.1 + 1.7 + 0.4 + 0.65, records[2].EncodeFinish.Seconds, 1e-9);
        Assert.Equal(1.5, Assert.Single(summary.Instances, usage => usage.Stage == "encode").MeanBatch);
    }

    [Fact]
    public void A_request_without_pictures_passes_those_that_wait_for_theirs()
    {
        var (records, _) = Run(
            Apart(hasEngine: false, encoders: 1),
            Request(0, 0, 7, s_picture),
            Request(1, 0.1, 9)
        );

        Assert.Equal(1 + 0.9, records[1].TtftSeconds, 1e-9);
        Assert.Null(records[1].EncodeStart);
    }

    /// <summary>
    /// A budget of 50 tokens and embeddings: the first iteration has the text, the first picture (22 tokens) and the second up to the budget; both are encoded in it. The third
    /// has 36 embeddings, more than the 10 that are left of the budget, so that the second iteration ends the second picture and takes it in.
    /// </summary>
    [Fact]
    public void Pictures_are_encoded_in_the_iteration_that_reaches_them_as_far_as_the_budget_goes()
    {
        var engine = s_engine with { MaxBatchedTokens = 50 };
        var (records, summary) = Run(
            Here(hasEngine: true, engine),
            Request(0, 0, 26, s_picture, s_picture, new MediaItem(6, 6))
        );

        // 26 + 22 + 2 of 22, with both; then 20 of 22 and 30 of 38; then the last 8.
        var first = 1 + 5 + 0.5 + (2 * 0.6);
        var second = 1 + 5 + 0.5 + 0.36 + (0.001 * 36 * 36);
        Assert.Equal(first + second + 1 + 0.8, records[0].TtftSeconds, 1e-9);
        Assert.Equal(3, summary.Encoder!.Encoded);
    }

    /// <summary>The second picture does not fit the budget beside the first, so that the iteration ends before it although there were tokens left.</summary>
    [Fact]
    public void A_part_of_a_prompt_ends_before_a_picture_that_has_to_wait()
    {
        // 64 embeddings, since the largest picture has to fit: 36 and then 36.
        var engine = s_engine with
        {
            MaxBatchedTokens = 60,
        };
        var (records, _) = Run(
            Here(hasEngine: true, engine),
            Request(0, 0, 5, new MediaItem(6, 6), new MediaItem(6, 6))
        );

        var encode = 0.5 + 0.36 + (0.001 * 36 * 36);
        Assert.Equal(1 + 0.1 * (5 + 38) + encode + 1 + 3.8 + encode, records[0].TtftSeconds, 1e-9);
    }

    /// <summary>The second request finds the picture of the first; one of the same size that is another picture is encoded.</summary>
    [Theory]
    [InlineData(7, 7, 1, 1)]
    [InlineData(7, 8, 2, 0)]
    [InlineData(7, null, 2, 0)]
    public void Equal_pictures_are_encoded_once(int one, int? other, long encoded, long found)
    {
        var (records, summary) = Run(
            Here(hasEngine: true, s_engine),
            Request(0, 0, 7, s_picture with { Id = one }),
            Request(1, 20, 7, s_picture with { Id = other })
        );

        Assert.Equal((encoded, found), (summary.Encoder!.Encoded, summary.Encoder.Found));
        Assert.Equal(3.9 + (found > 0 ? 0 : 1.1), records[1].TtftSeconds, 1e-9);
    }

    [Fact]
    public void An_encode_instance_has_no_engine_and_no_pipeline()
    {
        var scenario = Apart(hasEngine: false, encoders: 1);
        var spec = scenario.EncodeInstances[0];

        Assert.StartsWith(
            "engine: found on an encode instance; allowed there: none",
            Refusal(spec with { Engine = new() }),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "pp_size: found 2 on an encode instance; allowed there: 1",
            Refusal(spec with { PpSize = 2 })
        );

        string Refusal(InstanceSpec wrong) =>
            Assert
                .Throws<UserErrorException>(() =>
                    Run(scenario with { EncodeInstances = [wrong] }, Request(0, 0, 7))
                )
                .Message;
    }

    [Fact]
    public void Pictures_that_nobody_asked_for_are_refused()
    {
        var scenario = Here(hasEngine: false, s_engine);

        Assert.Equal(
            "images: tiny has no encoder of pictures; allowed: a model whose config.json has vision_config, such as Qwen/Qwen2.5-VL-7B-Instruct, google/gemma-3-27b-it or meta-llama/Llama-4-Scout-17B-16E-Instruct",
            Message(scenario with { Model = scenario.Model with { Vision = null } })
        );
        Assert.Equal(
            "request 0 of the workload has pictures, which are read only where they are asked for; allowed with a trace: columns images=NAME",
            Message(scenario with { TakesImages = false })
        );
        Assert.Equal(
            "request 0 of the workload has videos, read only where they are asked for; allowed with a trace: columns videos=NAME",
            Assert
                .Throws<UserErrorException>(() =>
                    Run(scenario, Request(0, 0, 7, new MediaItem(3, 2, Seconds: 1)))
                )
                .Message
        );

        static string Message(Scenario wrong) =>
            Assert.Throws<UserErrorException>(() => Run(wrong, Request(0, 0, 7, s_picture))).Message;
    }

    /// <summary>What an encoder weighs is missing for the KV cache of an instance that has one, and of no other.</summary>
    [Fact]
    public void An_encoder_takes_its_memory_from_the_kv_cache()
    {
        var (_, with) = Run(Here(hasEngine: false, s_engine), Request(0, 0, 7));
        var (_, apart) = Run(Apart(hasEngine: false, encoders: 1), Request(0, 0, 7));

        Assert.Equal(2 * RandomImages.Encoder.Parameters, Capacity(apart) - Capacity(with));

        static long Capacity(RunSummary summary) =>
            summary.Instances.Single(usage => usage.Stage == "prefill").KvCapacityBytes;
    }

    private static RequestSpec Request(int id, double arrival, int text, params MediaItem[] images) =>
        new(id, SimTime.FromSeconds(arrival), text, 3) { Media = images.Length == 0 ? null : images };

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        params RequestSpec[] requests
    ) => EngineScenarios.Run(scenario, requests);

    private static Scenario Here(bool hasEngine, EngineSpec engine)
    {
        var scenario = hasEngine
            ? AbstractScenario.OfEngines(s_text, engine, mixed: 1)
            : AbstractScenario.Of(s_text);
        return scenario with
        {
            Model = scenario.Model with { Vision = RandomImages.Encoder },
            TakesImages = true,
            EncoderTimes = (_, _) => s_encoding,
        };
    }

    private static Scenario Apart(bool hasEngine, int encoders, int batch = 1)
    {
        var scenario = Here(hasEngine, s_engine);
        var spec = AbstractScenario.Of(s_text).PrefillInstances[0] with
        {
            KvLinkBytesPerSecond = 100,
            KvLinkLatencySeconds = 0.25,
            EncodeBatch = batch,
        };
        return scenario with { EncodeInstances = [.. Enumerable.Repeat(spec, encoders)] };
    }
}
