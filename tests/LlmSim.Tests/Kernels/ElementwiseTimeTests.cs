using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class ElementwiseTimeTests
{
    /// <summary>Two norms, rotation, the writing of the cache and the activation; the modules of latent attention were measured with two of them.</summary>
    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B", 5, 2 * (2 * 4 * 4096 + 2 * 40 * 128 + 4 * 8 * 128 + 3 * 14336))]
    [InlineData("Qwen/Qwen3-30B-A3B", 5, 2 * (2 * 4 * 2048 + 2 * 36 * 128 + 4 * 4 * 128))]
    public void Norms_rotation_cache_and_activation_are_counted_by_their_bytes(
        string id,
        int kernels,
        int bytes
    )
    {
        var roofs = KernelRoofs.Of(HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        var model = ModelCatalog.BuiltIn.Get(id);
        var time = new ElementwiseTime(model, 1, roofs);

        Assert.Equal(model.Layers * kernels * 1.5e-6, time.Seconds(0), 1e-12);
        Assert.Equal(
            model.Layers * 1000.0 * bytes / (0.8 * roofs.MemoryBytesPerSecond),
            time.Seconds(1000) - time.Seconds(0),
            1e-10
        );
    }

    [Fact]
    public void What_is_measured_with_latent_attention_is_not_counted_again()
    {
        var roofs = KernelRoofs.Of(HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        var time = new ElementwiseTime(ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3"), 1, roofs);

        // Three layers have a dense MLP, the others a shared expert.
        var bytes = 2.0 * ((61 * 2 * 4 * 7168) + (3 * 3 * 18_432) + (58 * 3 * 2048));
        Assert.Equal(61 * 3 * 1.5e-6, time.Seconds(0), 1e-12);
        Assert.Equal(
            1000 * bytes / (0.8 * roofs.MemoryBytesPerSecond),
            time.Seconds(1000) - time.Seconds(0),
            1e-10
        );
    }
}
