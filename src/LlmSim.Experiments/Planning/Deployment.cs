using System.Globalization;
using System.Text;
using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>The commands that start a candidate's engines: a beginning for whoever deploys it, not a tested deployment.</summary>
internal static class Deployment
{
    /// <summary>A shell script.</summary>
    /// <param name="candidate">The cluster.</param>
    /// <param name="asked">Model and limits of the question.</param>
    public static string Script(Candidate candidate, RunConfiguration asked)
    {
        var shape = candidate.Shape;
        var configuration = shape.Setup.ApplyTo(asked);
        var text = new StringBuilder();
        text.Append("#!/bin/sh\n# ").Append(candidate.Words).Append('\n');
        text.Append(
            "# A starting point: check ports, hosts and versions. Requests go through a router over all instances"
        );
        text.Append(
            shape.IsDisaggregated
                ? " that sends a prompt to a prefill and its output to a decode instance.\n"
                : ".\n"
        );
        if (configuration.Precision.Format is not (PrecisionRequest.Auto or "bf16" or "fp16" or "fp8"))
        {
            text.Append("# The model is to be a checkpoint with weights in ")
                .Append(configuration.Precision.Format)
                .Append(".\n");
        }

        foreach (var (role, layout, count) in shape.Roles(candidate.Size))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n# {count} x {role}, {layout.Accelerators} {layout.Hardware.Name} each\n"
            );
            text.Append(Command(shape, layout, role, configuration)).Append('\n');
        }

        return text.ToString();
    }

    private static string Command(
        InstanceShape shape,
        InstanceLayout layout,
        string role,
        RunConfiguration configuration
    )
    {
        var tokens = role == InstanceShape.Decode ? null : shape.MaxBatchedTokens;
        var arguments = shape.Engine switch
        {
            EngineKind.Sglang => Sglang(layout, role, tokens, configuration),
            EngineKind.TensorRtLlm => TensorRtLlm(layout, shape.MaxBatchedTokens, configuration),
            _ => Vllm(layout, role, tokens, configuration),
        };
        return string.Join(" \\\n  ", arguments);
    }

    private static IEnumerable<string> Vllm(
        InstanceLayout layout,
        string role,
        int? maxBatchedTokens,
        RunConfiguration configuration
    )
    {
        yield return $"vllm serve {Quoted(configuration.Model)}";
        yield return Option("--tensor-parallel-size", layout.TpSize);
        if (layout.AttentionDp > 1)
        {
            yield return Option("--data-parallel-size", layout.AttentionDp);
        }

        if (layout.ExpertParallel > 1)
        {
            yield return "--enable-expert-parallel";
        }

        if (configuration.Precision.Format == "fp8")
        {
            yield return "--quantization fp8";
        }

        if (configuration.Precision.KvFormat.StartsWith("fp8", StringComparison.Ordinal))
        {
            yield return "--kv-cache-dtype fp8";
        }

        if (configuration.MaxModelLen is { } length)
        {
            yield return Option("--max-model-len", length);
        }

        if (maxBatchedTokens is { } tokens)
        {
            yield return Option("--max-num-batched-tokens", tokens);
        }

        if (role != "mixed")
        {
            yield return "--kv-transfer-config '{\"kv_connector\": \"NixlConnector\", \"kv_role\": \"kv_both\"}'";
        }
    }

    private static IEnumerable<string> Sglang(
        InstanceLayout layout,
        string role,
        int? maxBatchedTokens,
        RunConfiguration configuration
    )
    {
        yield return $"python3 -m sglang.launch_server --model-path {Quoted(configuration.Model)}";
        // Its degree of tensor parallelism counts the ranks of data-parallel attention, and so does its budget.
        yield return Option("--tp-size", layout.Accelerators);
        if (layout.AttentionDp > 1)
        {
            yield return Option("--enable-dp-attention --dp-size", layout.AttentionDp);
        }

        if (layout.ExpertParallel > 1)
        {
            yield return Option("--ep-size", layout.ExpertParallel);
        }

        if (configuration.Precision.Format == "fp8")
        {
            yield return "--quantization fp8";
        }

        if (configuration.MaxModelLen is { } length)
        {
            yield return Option("--context-length", length);
        }

        if (maxBatchedTokens is { } tokens)
        {
            yield return Option("--chunked-prefill-size", tokens * layout.AttentionDp);
        }

        if (role != "mixed")
        {
            yield return $"--disaggregation-mode {role}";
        }
    }

    private static IEnumerable<string> TensorRtLlm(
        InstanceLayout layout,
        int? maxBatchedTokens,
        RunConfiguration configuration
    )
    {
        yield return $"trtllm-serve {Quoted(configuration.Model)}";
        yield return Option("--tp_size", layout.Accelerators);
        if (layout.ExpertParallel > 1)
        {
            yield return Option("--ep_size", layout.ExpertParallel);
        }

        if (layout.AttentionDp > 1)
        {
            yield return "--extra_llm_api_options <(echo 'enable_attention_dp: true')";
        }

        if (configuration.MaxModelLen is { } length)
        {
            yield return Option("--max_seq_len", length);
        }

        if (maxBatchedTokens is { } tokens)
        {
            yield return Option("--max_num_tokens", tokens);
        }
    }

    private static string Option(string name, int value) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} {value}");

    private static string Quoted(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || "-_./".Contains(c, StringComparison.Ordinal))
            ? text
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
