using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Tests.Experiments;

/// <summary>Records and results made by hand.</summary>
internal static class Samples
{
    public static HardwareDescription Hardware(string name = "NVIDIA_TEST") =>
        new()
        {
            Name = name,
            MemoryBytesPerSecond = 1e12,
            Fp16OpsPerSecond = 1e14,
            Int8OpsPerSecond = 2e14,
            OnChipBufferBytes = 1e7,
            MemoryBytes = 80_000_000_000,
            LinkBytesPerSecond = 1e11,
            LinkLatencySeconds = 1e-6,
            Source = "none",
        };

    /// <summary>Arrives at id, prefills from +0.25 to +0.5, decodes from +0.75 to +2.</summary>
    public static RequestRecord Served(long id) =>
        new()
        {
            Id = id,
            Arrival = SimTime.FromSeconds(id),
            TraceInputTokens = 100,
            TraceOutputTokens = 11,
            InputTokens = 100,
            OutputTokens = 11,
            PrefillInstance = 1,
            PrefillStart = SimTime.FromSeconds(id + 0.25),
            PrefillFinish = SimTime.FromSeconds(id + 0.5),
            TransferFinish = SimTime.FromSeconds(id + 0.625),
            DecodeInstance = 2,
            DecodeStart = SimTime.FromSeconds(id + 1),
            FirstDecodeStart = SimTime.FromSeconds(id + 0.75),
            Finish = SimTime.FromSeconds(id + 2),
            Evictions = 1,
            Recompute = SimTime.FromSeconds(0.125),
            TpotSeconds = 0.15,
        };

    public static RequestRecord SingleToken(long id) =>
        Served(id) with
        {
            TraceOutputTokens = 1,
            OutputTokens = 1,
            DecodeInstance = -1,
            TransferFinish = SimTime.FromSeconds(id + 0.5),
            Finish = SimTime.FromSeconds(id + 0.5),
            Evictions = 0,
            TpotSeconds = double.NaN,
        };

    public static RequestRecord Rejected(long id) =>
        Served(id) with
        {
            PrefillInstance = -1,
            DecodeInstance = -1,
            Evictions = 0,
            TpotSeconds = double.NaN,
            RejectionReason = "too long, \"far\" too long",
            Outcome = Outcome.Rejected,
        };

    public static RunResult Result()
    {
        var instance = new InstanceSpec { Hardware = Hardware(), TpSize = 4 };
        return new RunResult("1.2.3", new RunConfiguration(), [instance], [instance], Summary())
        {
            Precision = "16-bit weights, activations and KV cache (default)",
            Prediction = new Prediction
            {
                Tier = "kernels",
                Source = "kernels, measured with vllm 0.24.0",
                Error = "not known",
                Notices = [],
                Warnings = [],
            },
        };
    }

    public static RunSummary Summary() =>
        new()
        {
            Requests = 12,
            Finished = 11,
            Rejections = new Dictionary<string, long> { ["too long"] = 1 },
            Evictions = 3,
            InputTokens = 1100,
            OutputTokens = 121,
            MakespanSeconds = 20.5,
            TtftSeconds = Distribution(0.5),
            TpotSeconds = Distribution(0.15),
            ItlSeconds = Distribution(0.14),
            EndToEndSeconds = Distribution(2),
            PrefillQueueSeconds = Distribution(0.25),
            TransferSeconds = Distribution(0.125),
            DecodeQueueSeconds = new Distribution(
                0,
                double.NaN,
                double.NaN,
                double.NaN,
                double.NaN,
                double.NaN,
                double.NaN,
                double.NaN,
                double.NaN
            ),
            RequestsPerSecond = 1.0 / 3,
            OutputTokensPerSecond = 6,
            TokensPerSecond = 60,
            GoodputRequestsPerSecond = 0.4,
            TtftAttainmentPercent = 91.5,
            TpotAttainmentPercent = 90.5,
            BothAttainmentPercent = 89.5,
            Instances =
            [
                new InstanceUsage("prefill", 0, "NVIDIA_TEST", 4, 11, 10, 0.25, 1, 1_000_000, 500_000),
                new InstanceUsage("decode", 0, "NVIDIA_TEST", 4, 11, 10, 0.75, 7.5, 1_000_000, 900_000),
            ],
            PolicyCounters = new Dictionary<string, long> { ["prefill_local.time_limit_hits"] = 2 },
            DecodeIterations = 100,
            Events = 1000,
        };

    private static Distribution Distribution(double mean) =>
        new(11, mean, mean / 10, mean * 0.8, mean, mean * 1.2, mean * 1.3, mean * 1.4, mean * 1.5);
}
