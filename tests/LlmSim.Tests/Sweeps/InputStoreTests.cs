using LlmSim.Experiments;
using LlmSim.Experiments.Sweeps;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

/// <summary>Inputs that the points of a sweep share.</summary>
public sealed class InputStoreTests
{
    [Fact]
    public void A_trace_is_read_once_for_each_way_to_read_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(
            "trace.jsonl",
            """{"timestamp": 0, "input_length": 100, "output_length": 5, "hash_ids": [1]}"""
        );
        var traces = new TraceStore();
        TraceStore.Trace Read(int blockTokens, bool readHashIds) =>
            traces.Get(
                new RunConfiguration
                {
                    TracePath = path,
                    RequestSource = RunConfiguration.DetectedTrace,
                    TraceBlockSize = blockTokens,
                },
                readHashIds
            )!;

        Assert.Same(Read(512, true), Read(512, true));
        Assert.Same(Read(512, false), Read(256, false));
        Assert.Equal(256, Read(256, true).Parsed.Requests.Span[0].HashBlockTokens);
        Assert.Equal(512, Read(512, true).Parsed.Requests.Span[0].HashBlockTokens);
        Assert.NotEqual(Read(512, true).Fingerprint.Name, Read(512, false).Fingerprint.Name);
    }
}
