using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>The parts of a model that stages of a pipeline have.</summary>
public sealed class PipelineStagesTests
{
    /// <summary>The reference's model has no shape of its own.</summary>
    public static TheoryData<string, int> ModelsAndStages
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var model in ModelCatalog.BuiltIn.All)
            {
                data.Add(model.Id, 2);
                data.Add(model.Id, 5);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ModelsAndStages))]
    public void Stages_are_together_the_model(string id, int stages)
    {
        var model = ModelCatalog.BuiltIn.All.First(model => model.Id == id);
        var instance = Instance(stages);

        var parts = PipelineStages.Of(model, instance);

        Assert.Equal(stages, parts.Length);
        Assert.Equal(model.Layers, parts.Sum(part => part.Layers));
        Assert.InRange(parts.Max(part => part.Layers) - parts.Min(part => part.Layers), 0, 1);
        Assert.Equal(model.ExpertLayers, parts.Sum(part => part.ExpertLayers));
        Assert.Equal(model.LayersWithMixer, parts.Sum(part => part.LayersWithMixer));
        Assert.Equal(model.LayersWithMlp, parts.Sum(part => part.LayersWithMlp));
        Assert.Equal(model.MlpLayers, parts.Sum(part => part.MlpLayers));
        Assert.Equal([.. Enumerable.Repeat(false, stages - 1), true], parts.Select(part => part.HasLmHead));

        // One that is tied to the embedding is in the last stage as well.
        var copied = model.TiedEmbeddings ? (long)model.HiddenSize * model.VocabularySize : 0;
        Assert.InRange(parts.Sum(part => part.Parameters) - copied - model.Parameters, -stages, stages);

        var precision = new ServedModel(model).Precision;
        var whole = KvFootprint.Of(model, precision);
        var kept = parts.Select(part => KvFootprint.Of(part, precision)).ToArray();
        Assert.InRange(
            kept.Sum(part => part.BytesPerToken + part.WindowTokens.Sum(window => window.BytesPerToken)),
            whole.BytesPerToken,
            whole.BytesPerToken + whole.WindowTokens.Sum(window => window.BytesPerToken) + (4 * stages)
        );
        Assert.InRange(kept.Sum(part => part.StateBytes) - whole.StateBytes, 0, stages);
    }

    [Theory]
    [MemberData(nameof(ModelsAndStages))]
    public void Their_times_are_together_those_of_the_model(string id, int stages)
    {
        var model = ModelCatalog.BuiltIn.All.First(model => model.Id == id);
        var served = new ServedModel(model);
        var instance = Instance(stages);
        IterationBatch[] batches =
        [
            IterationBatch.OfPrompt(1500),
            IterationBatch.OfDecode(new(20, 40_000, 3000)),
        ];

        var whole = Roofline(served, instance with { PpSize = 1 });
        var time = (PipelineTime)PipelineTime.Of(served, instance, whole, Roofline);

        foreach (var batch in batches)
        {
            var seconds = Enumerable.Range(0, stages).Sum(stage => time.StageSeconds(stage, batch));
            Assert.Equal(whole.Seconds(batch), seconds, 1e-9 * seconds);
            var transfers = Enumerable.Range(1, stages - 1).Sum(stage => time.TransferSeconds(stage, batch));
            Assert.Equal(seconds + transfers, time.Seconds(batch), 1e-12);
        }

        var trend = time.Trend(batches[1]);
        Assert.Equal(time.Seconds(batches[1]), trend.Seconds, 1e-9);
        Assert.Equal(
            time.Seconds(batches[1].After(trend.Iterations > 3 ? 3 : 0)),
            trend.Seconds + (trend.Iterations > 3 ? 3 * trend.GrowthSeconds : 0),
            1e-9
        );
    }

    [Theory]
    [InlineData(EngineKind.Vllm, new[] { 15, 16, 16, 15 })]
    [InlineData(EngineKind.TensorRtLlm, new[] { 16, 16, 15, 15 })]
    public void What_is_left_over_goes_where_the_engine_puts_it(EngineKind kind, int[] layers)
    {
        var model = ModelCatalog.BuiltIn.All.First(model =>
            model is { Layers: 80, MixtureOfExperts: null }
        ) with
        {
            Layers = 62,
        };
        model = model with { Attention = model.Attention with { Layers = 62 } };

        Assert.Equal(layers, PipelineStages.Of(model, Instance(4, kind)).Select(stage => stage.Layers));
        Assert.Equal(
            [20, 20, 12, 10],
            PipelineStages
                .Of(model, Instance(4, kind) with { PpLayers = [20, 20, 12, 10] })
                .Select(stage => stage.Layers)
        );
    }

    [Fact]
    public void Dense_layers_lie_before_those_with_experts()
    {
        var model = ModelCatalog.BuiltIn.All.First(model => model.MixtureOfExperts is { DenseLayers: 3 });

        var stages = PipelineStages.Of(model, Instance(4));

        Assert.Equal([3, 0, 0, 0], stages.Select(stage => stage.MlpLayers));
    }

    [Fact]
    public void As_many_tokens_are_held_as_the_fullest_stage_can()
    {
        var model = ModelCatalog.BuiltIn.All.First(model => model is { Layers: 80, MixtureOfExperts: null });
        var precision = new ServedModel(model).Precision;
        var instance = Instance(2) with { TpSize = 4, ActivationBytes = 0 };
        long Tokens(InstanceSpec spec) =>
            KvCapacity.Bytes(model, precision, spec, Semantics.Standard) / model.KvBytesPerToken(precision);

        // Both have the same accelerators; a stage has its part of the weights, and an equal one of each token.
        var ofTensors = Tokens(instance with { PpSize = 1, TpSize = 8 });
        Assert.InRange(Tokens(instance), 0.98 * ofTensors, ofTensors);

        // 50 layers leave less room than 40, and each token takes more there.
        var memory = 4 * instance.Hardware.MemoryBytes * instance.MemoryUtilization;
        var layers = PipelineStages.Of(model, instance with { PpLayers = [30, 50] })[1];
        var free = memory - layers.WeightBytes(precision);
        Assert.Equal(
            (long)(free / (model.KvBytesPerToken(precision) * 50 / 80.0)),
            Tokens(instance with { PpLayers = [30, 50] }),
            2.0
        );
    }

    private static RooflineModel Roofline(ServedModel served, InstanceSpec instance) =>
        new(served.Model, served.Precision, instance, Semantics.Standard);

    private static InstanceSpec Instance(int stages, EngineKind kind = EngineKind.Vllm) =>
        new()
        {
            Hardware = HardwareCatalog.BuiltIn.Find("NVIDIA_H100_SXM")!,
            TpSize = 1,
            PpSize = stages,
            Engine = new() { Kind = kind },
        };
}
