using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Measured;
using Xunit;
using static LlmSim.Tests.Performance.ToyProfile;

namespace LlmSim.Tests.Performance;

/// <summary>Which accelerator, model and format a measured profile is of.</summary>
public sealed class ProfileMatchTests
{
    [Fact]
    public void A_profile_of_something_else_is_an_error()
    {
        var profile = Profile();
        Error(
            "tp_size: 4 is not in the profile toy; it has 1, 2.",
            () => new MeasuredModel(profile, Dense, new Precision(), Scenes.Instance("NVIDIA_H100_SXM", 4))
        );
        Error(
            "toy: is a profile of H100_SXM; an instance has NVIDIA_L4",
            () => new MeasuredModel(profile, Dense, new Precision(), Scenes.Instance("NVIDIA_L4", 1))
        );
        Error(
            "toy: is a profile of Qwen/Qwen3-8B; the model is toy",
            () => Model(Dense, profile with { Model = "Qwen/Qwen3-8B" })
        );
        Error(
            "toy: is a profile of bf16, as --precision bf16 asks for; ",
            () => new MeasuredModel(profile, Dense, new Precision(8), Scenes.Instance("NVIDIA_H100_SXM", 1))
        );
        Error("toy/tp1/moe.csv: is not there", () => Model(WithExperts, profile with { Experts = null }));
        Error(
            "expert_parallel: 1 at tp_size 2 would divide each expert",
            () =>
                new MeasuredModel(
                    profile,
                    WithExperts,
                    new Precision(),
                    Scenes.Instance("NVIDIA_H100_SXM", 2)
                )
        );
        Error(
            "expert_parallel: 3 does not divide the 8 experts of toy",
            () =>
                new MeasuredModel(
                    profile,
                    WithExperts,
                    new Precision(),
                    Scenes.Instance("NVIDIA_H100_SXM", 1) with
                    {
                        ExpertParallel = 3,
                    }
                )
        );
        Error(
            "expert_parallel: 2 for toy, which has no experts",
            () =>
                new MeasuredModel(
                    profile,
                    Dense,
                    new Precision(),
                    Scenes.Instance("NVIDIA_H100_SXM", 1) with
                    {
                        ExpertParallel = 2,
                    }
                )
        );
        var bare = new Dictionary<int, MeasuredShard>
        {
            [1] = profile.Shards[1] with { Dense = new Dictionary<string, Curve>() },
        };
        Error(
            "toy/tp1/dense.csv: has no rows for embedding",
            () => Model(Dense, profile with { Shards = bare })
        );

        static void Error(string message, Func<object> create) =>
            Assert.StartsWith(message, Assert.Throws<UserErrorException>(create).Message);
    }

    [Theory]
    [InlineData("NVIDIA_H200", "NVIDIA_H200", true)]
    [InlineData("H200", "NVIDIA_H200", true)]
    [InlineData("NVIDIA H200", "NVIDIA_H200", true)]
    [InlineData("NVIDIA H100 80GB HBM3", "NVIDIA_H100_SXM", true)]
    [InlineData("RTXPRO6000", "NVIDIA_RTX_PRO_6000", true)]
    [InlineData("H20", "NVIDIA_H200", false)]
    [InlineData("H200", "NVIDIA_H20", false)]
    [InlineData("L4", "NVIDIA_L40S", false)]
    [InlineData("A100", "NVIDIA_A100_80G", false)]
    [InlineData("B200", "NVIDIA_GB200", false)]
    // May be that of several boards.
    [InlineData("H100", "NVIDIA_H100_SXM", false)]
    [InlineData("a", "NVIDIA_H100_SXM", false)]
    [InlineData("---", "NVIDIA_H100_SXM", false)]
    [InlineData("nvidia_h200", "NVIDIA_H200", false)]
    [InlineData("NVIDIA_H200 ", "NVIDIA_H200", false)]
    public void A_profile_is_of_an_accelerator_by_its_exact_name_or_an_alias(
        string name,
        string hardware,
        bool isOf
    ) =>
        Assert.Equal(
            isOf,
            ProfileMatch.IsOf(Profile() with { Hardware = name }, HardwareCatalog.BuiltIn.Get(hardware))
        );

    [Fact]
    public void Each_accelerator_of_the_catalog_is_that_of_its_own_name_alone()
    {
        HardwareDescription[] all = [.. HardwareCatalog.BuiltIn.All];
        Assert.All(
            all,
            hardware =>
                Assert.Equal(
                    [hardware.Name],
                    all.Where(other => ProfileMatch.IsOf(Profile() with { Hardware = hardware.Name }, other))
                        .Select(other => other.Name)
                )
        );
        var names = all.Select(hardware => hardware.Name).ToHashSet();
        Assert.All(HardwareAliases.All, alias => Assert.Contains(alias.Value, names));
        Assert.Empty(names.Intersect(HardwareAliases.All.Keys));
    }

    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B", true)]
    // An alias of the catalog, and another model of the same shapes.
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B", true)]
    [InlineData("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "meta-llama/Llama-3.1-8B", true)]
    [InlineData("Foo/Bar", "meta-llama/Llama-3.2-1B", false)]
    [InlineData("Llama-3.1-8B", "meta-llama/Llama-3.1-8B", false)]
    [InlineData("meta-llama/llama-3.1-8b", "meta-llama/Llama-3.1-8B", false)]
    [InlineData("meta-llama/Llama-3.1-8B", "Qwen/Qwen3-8B", false)]
    public void A_profile_is_of_a_model_by_its_exact_name_or_its_shapes(string name, string id, bool isOf)
    {
        var profile = Profile() with { Model = name };
        var model = ModelCatalog.BuiltIn.Get(id);
        if (isOf)
        {
            Assert.NotNull(Model(model, profile));
            return;
        }

        Assert.StartsWith(
            $"toy: is a profile of {name}; the model is {id}.",
            Assert.Throws<UserErrorException>(() => Model(model, profile)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("bf16", "bf16", true)]
    [InlineData("fp16", "bf16", true)]
    [InlineData("fp8", "fp8", true)]
    [InlineData("fp8", "bf16", false)]
    [InlineData("bf16", "fp8", false)]
    [InlineData("fp8", "fp8_block", false)]
    [InlineData("w4a16", "nvfp4", false)]
    public void A_profile_is_of_one_format(string variant, string precision, bool isOf)
    {
        var profile = Profile() with { Variant = variant };
        var resolved = new PrecisionRequest { Format = precision }.Resolve(Dense);
        if (isOf)
        {
            Assert.NotNull(Create());
            return;
        }

        Assert.StartsWith(
            $"toy: is a profile of {variant}, as --precision {variant} asks for; ",
            Assert.Throws<UserErrorException>(Create).Message,
            StringComparison.Ordinal
        );

        MeasuredModel Create() => new(profile, Dense, resolved, Scenes.Instance("NVIDIA_H100_SXM", 1));
    }
}
