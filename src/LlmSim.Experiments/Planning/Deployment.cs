using System.Globalization;
using System.Text;
using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>The commands that start a candidate's engines: a beginning for whoever deploys it, not a tested deployment.</summary>
internal static class Deployment
{
    /// <summary>A shell script.</summary>
    /// <param name="candidate">The cluster.</param>
    /// <param name="configuration">Model and limits.</param>
    public static string Script(Candidate candidate, RunConfiguration configuration)
    {
        var shape = candidate.Shape;
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
        foreach (var (role, count) in Roles(candidate.Size))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n# {count} x {role}, {shape.TpSize} accelerators each\n"
            );
            text.Append(Command(shape, role, configuration)).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<(string Role, int Count)> Roles(ClusterSize size)
    {
        if (size.Mixed > 0)
        {
            yield return ("mixed", size.Mixed);
            yield break;
        }

        yield return ("prefill", size.Prefill);
        yield return ("decode", size.Decode);
    }

    private static string Command(InstanceShape shape, string role, RunConfiguration configuration)
    {
        var arguments = shape.Engine switch
        {
            EngineKind.Sglang => Sglang(shape, role, configuration),
            EngineKind.TensorRtLlm => TensorRtLlm(shape, configuration),
            _ => Vllm(shape, role, configuration),
        };
        return string.Join(" \\\n  ", arguments);
    }

    private static IEnumerable<string> Vllm(InstanceShape shape, string role, RunConfiguration configuration)
    {
        yield return $"vllm serve {Quoted(configuration.Model)}";
        yield return Option("--tensor-parallel-size", shape.TpSize);
        if (shape.ExpertParallel > 1)
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

        if (shape.MaxBatchedTokens is { } tokens && role != "decode")
        {
            yield return Option("--max-num-batched-tokens", tokens);
        }

        if (role != "mixed")
        {
            yield return "--kv-transfer-config '{\"kv_connector\": \"NixlConnector\", \"kv_role\": \"kv_both\"}'";
        }
    }

    private static IEnumerable<string> Sglang(
        InstanceShape shape,
        string role,
        RunConfiguration configuration
    )
    {
        yield return $"python3 -m sglang.launch_server --model-path {Quoted(configuration.Model)}";
        yield return Option("--tp-size", shape.TpSize);
        if (shape.ExpertParallel > 1)
        {
            yield return Option("--ep-size", shape.ExpertParallel);
        }

        if (configuration.Precision.Format == "fp8")
        {
            yield return "--quantization fp8";
        }

        if (configuration.MaxModelLen is { } length)
        {
            yield return Option("--context-length", length);
        }

        if (shape.MaxBatchedTokens is { } tokens && role != "decode")
        {
            yield return Option("--chunked-prefill-size", tokens);
        }

        if (role != "mixed")
        {
            yield return $"--disaggregation-mode {role}";
        }
    }

    private static IEnumerable<string> TensorRtLlm(InstanceShape shape, RunConfiguration configuration)
    {
        yield return $"trtllm-serve {Quoted(configuration.Model)}";
        yield return Option("--tp_size", shape.TpSize);
        if (shape.ExpertParallel > 1)
        {
            yield return Option("--ep_size", shape.ExpertParallel);
        }

        if (configuration.MaxModelLen is { } length)
        {
            yield return Option("--max_seq_len", length);
        }

        if (shape.MaxBatchedTokens is { } tokens)
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
