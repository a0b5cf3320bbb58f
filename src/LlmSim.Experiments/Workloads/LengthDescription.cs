using System.Globalization;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <summary>The parameters of the lengths that a synthetic source draws, in words.</summary>
internal static class LengthDescription
{
    /// <summary>As "zipf_s 2, max_len 10000; outputs of mean 343, sigma 1"; null for a trace, whose lengths are its own.</summary>
    public static string? Of(RunConfiguration configuration)
    {
        var c = configuration;
        if (c.TracePath is not null)
        {
            return null;
        }

        var maxLen = Text($"max_len {c.MaxLen ?? SyntheticWorkload.DefaultMaxTokens}");
        return RequestSources.Parse(c.RequestSource).Source switch
        {
            RequestSource.Zipfian => $"{Text($"zipf_s {c.ZipfS}")}, {maxLen}; {Outputs(c)}",
            RequestSource.Lognormal => $"{Prompts(c)}, {maxLen}; {Outputs(c)}",
            RequestSource.Conversation => maxLen,
            RequestSource.Chat => $"{ChatWorkload.Parse(c.RequestSource)}, {maxLen}",
            RequestSource.Agent => $"{AgentWorkload.Parse(c.RequestSource)}, {maxLen}",
            RequestSource.Uniform => Text(
                $"input_len {c.InputLen}, output_len {c.OutputLen}, range_ratio {c.RangeRatio}"
            ),
            _ => null,
        };
    }

    private static string Prompts(RunConfiguration c) =>
        c.InputMean is { } mean ? Text($"input_mean {mean}") : Text($"lognormal_mean {c.LognormalMean}");

    private static string Outputs(RunConfiguration c) =>
        c.Semantics.SyntheticOutput == SyntheticOutput.FromInput
            ? "outputs follow the prompts"
            : Text($"output_mean {c.OutputMean}, output_sigma {c.OutputSigma}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
