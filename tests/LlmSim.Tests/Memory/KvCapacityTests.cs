using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Memory;

public sealed class KvCapacityTests
{
    private const long LlamaWeightBytes = 2 * 70_553_706_496;

    [Theory]
    // 4 x 40,960 MiB x 0.9 and 4 x 81,559 MiB x 0.9.
    [InlineData("NVIDIA_A100_40G", 4, 154_618_822_656 - LlamaWeightBytes)]
    [InlineData("NVIDIA_H100_SXM", 4, 307_874_915_942 - LlamaWeightBytes)]
    public void A_group_has_its_usable_memory_less_the_weights(string hardware, int tpSize, long bytes) =>
        Assert.Equal(
            bytes,
            Bytes(Scenes.Instance(hardware, tpSize) with { ActivationBytes = 0 }, Semantics.Standard)
        );

    [Fact]
    public void Activations_and_unused_memory_are_taken_off()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 4) with
        {
            MemoryUtilization = 0.5,
            ActivationBytes = 1_000_000_000,
        };

        // 4 x 81,559 MiB x 0.5 less 4e9.
        Assert.Equal(167_041_619_968 - LlamaWeightBytes, Bytes(instance, Semantics.Standard));
    }

    [Theory]
    [InlineData("NVIDIA_A100_40G", 4, 5_000_000_000)]
    [InlineData("NVIDIA_A100_40G", 8, 22_500_000_000)]
    [InlineData("NVIDIA_A100_80G", 4, 45_000_000_000)]
    public void The_reference_counts_one_accelerator_and_70e9_parameters(
        string hardware,
        int tpSize,
        long bytes
    ) => Assert.Equal(bytes, Bytes(Scenes.Instance(hardware, tpSize), Semantics.Reference));

    [Fact]
    public void Bytes_per_token_are_the_models_or_the_references()
    {
        Assert.Equal(327_680, PerToken(new Precision(), Semantics.Standard));
        Assert.Equal(163_840, PerToken(new Precision(kvBits: 8), Semantics.Standard));
        Assert.Equal(516_096, PerToken(new Precision(kvBits: 8), Semantics.Reference));

        static long PerToken(Precision precision, Semantics semantics) =>
            KvCapacity.Footprint(Scenes.Llama70B, precision, semantics).BytesPerToken;
    }

    [Fact]
    public void A_model_that_does_not_fit_says_by_how_much_and_which_degree_would_do()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Bytes(Scenes.Instance("NVIDIA_A100_40G", 2) with { ActivationBytes = 0 }, Semantics.Standard)
        );

        // 141.107 GB of weights in 2 x 42.95 GB x 0.9 = 77.309 GB.
        Assert.Contains("63.798 GB are missing", error.Message);
        Assert.Contains("The smallest tp_size that fits is 4.", error.Message);
    }

    [Fact]
    public void A_model_that_fits_no_degree_says_so()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            KvCapacity.Bytes(
                ModelCatalog.BuiltIn.Get("Llama-3.1-405B"),
                new Precision(),
                Scenes.Instance("NVIDIA_L4", 1),
                Semantics.Standard with
                {
                    KvHeadLimit = KvHeadLimit.Divided,
                }
            )
        );

        Assert.Contains("None of the tp_sizes that divide the model (1, 2, 4, 8) fits.", error.Message);
    }

    [Fact]
    public void A_degree_that_does_not_divide_the_model_is_an_error() =>
        Assert.Throws<UserErrorException>(() =>
            Bytes(Scenes.Instance("NVIDIA_H100_SXM", 3), Semantics.Standard)
        );

    private static long Bytes(InstanceSpec instance, Semantics semantics) =>
        KvCapacity.Bytes(Scenes.Llama70B, new Precision(), instance, semantics);
}
