using System.Globalization;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Instances;

/// <summary>
/// A time beyond the end of the simulated clock comes from the input: says which request, which instance and which figures led there.
/// </summary>
internal static class ClockEnd
{
    /// <summary>Bytes or operations in a second: less than any memory, link or accelerator has.</summary>
    private const double SlowRate = 1e8;

    /// <summary>More than any link or iteration takes.</summary>
    private const double SlowSeconds = 0.1;

    /// <summary>What a request does ends too late, and no instance is to blame.</summary>
    /// <param name="request">The request.</param>
    /// <param name="what">What takes so long, as "its arrival".</param>
    /// <param name="reached">What was noticed.</param>
    public static UserErrorException Error(Request request, string what, ClockRangeException reached) =>
        Error(
            $"request {request.Id} of {request.TraceInputTokens} input and {request.TraceOutputTokens} output tokens: {what}",
            reached
        );

    /// <summary>What an instance computes for a request ends too late.</summary>
    /// <param name="request">The request.</param>
    /// <param name="what">What takes so long, as "its prefill".</param>
    /// <param name="instance">Where.</param>
    /// <param name="reached">What was noticed.</param>
    public static UserErrorException Error(
        Request request,
        string what,
        Instance instance,
        ClockRangeException reached
    ) => Error(request, $"{what} on {instance} ({Figures(instance.Spec)})", reached);

    /// <summary>The KV cache of a request arrives too late.</summary>
    /// <param name="request">The request.</param>
    /// <param name="from">Where it leaves, as "prefill instance 0".</param>
    /// <param name="link">The slower end.</param>
    /// <param name="reached">What was noticed.</param>
    public static UserErrorException Error(
        Request request,
        string from,
        InstanceSpec link,
        ClockRangeException reached
    ) =>
        Error(
            request,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the transfer of its KV cache from {from} (kv_link_bytes_per_second {link.KvLinkBytesPerSecond:G4}, kv_link_latency_seconds {link.KvLinkLatencySeconds:G4})"
            ),
            reached
        );

    public static UserErrorException Error(string subject, ClockRangeException reached) =>
        new($"{subject}: {reached.Message}", reached);

    /// <summary>The accelerators, and those figures of them that are far slower than any that is built.</summary>
    private static string Figures(InstanceSpec spec)
    {
        var hardware = spec.Hardware;
        (string Name, double? Value, bool IsRate)[] figures =
        [
            ("memory_bytes_per_second", hardware.MemoryBytesPerSecond, true),
            ("fp16_ops_per_second", hardware.Fp16OpsPerSecond, true),
            ("int8_ops_per_second", hardware.Int8OpsPerSecond, true),
            ("fp8_ops_per_second", hardware.Fp8OpsPerSecond, true),
            ("fp4_ops_per_second", hardware.Fp4OpsPerSecond, true),
            ("link_bytes_per_second", spec.LinkBytesPerSecond ?? hardware.LinkBytesPerSecond, true),
            ("link_latency_seconds", spec.LinkLatencySeconds ?? hardware.LinkLatencySeconds, false),
            ("nic_bytes_per_second", spec.NicBytesPerSecond ?? hardware.NicBytesPerSecond, true),
            ("nic_latency_seconds", spec.NicLatencySeconds ?? hardware.NicLatencySeconds, false),
            ("prefill_iteration_seconds", spec.Engine?.PrefillIterationSeconds, false),
        ];
        return string.Join(
            ", ",
            figures
                .Where(figure => figure.IsRate ? figure.Value < SlowRate : figure.Value > SlowSeconds)
                .Select(figure =>
                    string.Create(CultureInfo.InvariantCulture, $"{figure.Name} {figure.Value:G4}")
                )
                .Prepend($"{spec.Accelerators} x {hardware.Name}")
        );
    }
}
