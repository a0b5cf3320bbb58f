using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class ElementwiseTimeTests
{
    /// <summary>Two norms, rotation, the writing of the cache and the activation; the modules of latent attention were measured with two of them.</summary>
    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B", 5, 2 * (2 * 4 * 4096 + 2 * 40 * 128 + 4 * 8 * 128 + 3 * 14336))]
    [InlineData("deepseek-ai/DeepSeek-V3", 3, 2 * (2 * 4 * 7168 + 3 * 2048))]
    public void What_is_measured_with_latent_attention_is_not_counted_again(string id, int kernels, int bytes)
    {
        var roofs = KernelRoofs.Of(HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        var time = new ElementwiseTime(ModelCatalog.BuiltIn.Get(id), 1, roofs);

        Assert.Equal(kernels * 1.5e-6, time.LayerSeconds(0), 1e-12);
        Assert.Equal(
            1000 * bytes / (0.8 * roofs.MemoryBytesPerSecond),
            time.LayerSeconds(1000) - time.LayerSeconds(0),
            1e-10
        );
    }
}
