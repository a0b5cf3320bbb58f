using LlmSim.Performance;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Published configs: each is read, or refused for what it has.</summary>
public sealed class SharedConfigTests
{
    private const string Window = "see at most";

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
    public void A_published_config_is_read(string name, long parameters, int tokens)
    {
        var model = Read(name);
        model.RequireFullAttention();

        Assert.Equal((parameters, tokens), (model.Parameters, model.MaxContextTokens));
        Assert.DoesNotContain(
            model.Notices,
            notice => notice.Contains("not known", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("Qwen--Qwen3.5-27B", "linear attention")]
    [InlineData("Qwen--Qwen3.5-397B-A17B", "linear attention")]
    [InlineData("nvidia--Qwen3.6-27B-NVFP4", "linear attention")]
    [InlineData("nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-FP8", "Mamba")]
    [InlineData("deepseek-ai--DeepSeek-V3.2", "sparse attention")]
    [InlineData("deepseek-ai--DeepSeek-V4-Pro", "sparse attention")]
    [InlineData("sgl-project--DeepSeek-V4-Flash-FP8", "sparse attention")]
    [InlineData("zai-org--GLM-5", "sparse attention")]
    [InlineData("MiniMaxAI--MiniMax-M3", "sparse attention")]
    [InlineData("google--gemma-4-26B-A4B", "windows")]
    [InlineData("XiaomiMiMo--MiMo-V2-Flash", "windows")]
    [InlineData("stepfun-ai--Step-3.7-Flash", "windows")]
    [InlineData("openai--gpt-oss-120b", Window)]
    [InlineData("meta-llama--Llama-4-Maverick-17B-128E-Instruct", Window)]
    [InlineData("nvidia--Llama-3_3-Nemotron-Super-49B-v1", "layers that differ")]
    public void Another_says_what_it_has(string name, string lack)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(name).RequireFullAttention());

        Assert.Contains(lack, error.Message);
        Assert.Contains("not simulated yet", error.Message);
    }

    private static ModelDescription Read(string name) =>
        Configs.ParseFile(SharedFiles.Require($"model_configs/{name}_config.json"));
}
