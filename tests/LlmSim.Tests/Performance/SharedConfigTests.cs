using LlmSim.Performance;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Published configs: each is read, or refused for what it has.</summary>
public sealed class SharedConfigTests
{
    [Theory]
    [InlineData("Qwen--Qwen3-0.6B", 596_049_920, 40_960)]
    [InlineData("Qwen--Qwen3-32B-FP8", 32_762_123_264, 40_960)]
    [InlineData("Qwen--Qwen3-30B-A3B-FP8", 30_532_122_624, 40_960)]
    [InlineData("Qwen--Qwen3-VL-30B-A3B-Instruct", 30_532_122_624, 262_144)]
    [InlineData("Qwen--Qwen3-VL-32B-Thinking", 32_762_123_264, 262_144)]
    [InlineData("XiaomiMiMo--MiMo-7B-Base", 7_622_619_136, 32_768)]
    [InlineData("MiniMaxAI--MiniMax-M2.7", 228_689_764_864, 204_800)]
    [InlineData("deepseek-ai--DeepSeek-R1", 671_026_419_200, 163_840)]
    [InlineData("meta-llama--Meta-Llama-3.1-405B", 405_853_388_800, 131_072)]
    [InlineData("moonshotai--Kimi-K2-Instruct", 1_026_408_232_448, 131_072)]
    [InlineData("nvidia--Kimi-K2.5-NVFP4", 1_026_408_232_448, 262_144)]
    [InlineData("nvidia--Kimi-K2.7-Code-NVFP4", 1_026_408_232_448, 262_144)]
    [InlineData("nvidia--Qwen3-235B-A22B-NVFP4", 235_093_634_560, 40_960)]
    [InlineData("openai--gpt-oss-120b", 116_829_156_672, 131_072)]
    [InlineData("Qwen--Qwen3.5-397B-A17B", 396_346_350_336, 262_144)]
    [InlineData("nvidia--Qwen3.6-27B-NVFP4", 26_895_998_464, 262_144)]
    [InlineData("nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-FP8", 549_308_993_536, 262_144)]
    [InlineData("deepseek-ai--DeepSeek-V3.2", 671_877_944_064, 163_840)]
    [InlineData("nvidia--GLM-5-NVFP4", 743_911_218_432, 202_752)]
    [InlineData("MiniMaxAI--MiniMax-M3", 426_175_959_168, 1_048_576)]
    [InlineData("google--gemma-4-26B-A4B", 25_233_053_440, 262_144)]
    [InlineData("XiaomiMiMo--MiMo-V2-Flash", 308_778_778_368, 262_144)]
    [InlineData("stepfun-ai--Step-3.7-Flash", 195_832_712_256, 65_536)]
    [InlineData("meta-llama--Llama-4-Maverick-17B-128E-Instruct", 400_711_848_960, 1_048_576)]
    [InlineData("nvidia--Llama-3_3-Nemotron-Super-49B-v1", 49_867_145_216, 131_072)]
    public void A_published_config_is_read(string name, long parameters, int tokens)
    {
        var model = Read(name);

        Assert.Equal((parameters, tokens), (model.Parameters, model.MaxContextTokens));
        Assert.DoesNotContain(
            model.Notices,
            notice => notice.Contains("not known", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("deepseek-ai--DeepSeek-V4-Pro", "sparse attention")]
    [InlineData("sgl-project--DeepSeek-V4-Flash-FP8", "sparse attention")]
    public void Another_says_what_it_has(string name, string lack)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(name));

        Assert.Contains(lack, error.Message);
        Assert.Contains("not simulated yet", error.Message);
    }

    private static ModelDescription Read(string name) =>
        Configs.ParseFile(SharedFiles.Require($"model_configs/{name}_config.json"));
}
