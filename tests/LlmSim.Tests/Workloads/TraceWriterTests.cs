using System.Text;
using FsCheck.Xunit;
using LlmSim.Experiments.Workloads;
using LlmSim.Kernel;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class TraceWriterTests
{
    [Fact]
    public void Lines_look_like_the_published_ones() =>
        Assert.Equal(
            """
            {"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}
            {"timestamp": 1.000001, "input_length": 1, "output_length": 2}

            """,
            Encoding.UTF8.GetString(
                Write([
                    new RequestSpec(0, SimTime.Zero, 6758, 500, [0, 1]),
                    new RequestSpec(1, new SimTime(1_000_001), 1, 2),
                ])
            )
        );

    [Property]
    public bool What_is_written_reads_back_exactly((int Gap, int Input, int Output)[] rows)
    {
        var arrival = SimTime.Zero;
        var requests = rows.Select(
                (row, id) =>
                {
                    arrival += new SimTime(id == 0 ? 0 : Math.Abs((long)row.Gap) * 1_234_567);
                    return new RequestSpec(
                        id,
                        arrival,
                        1 + Math.Abs(row.Input % 1000),
                        1 + Math.Abs(row.Output % 1000)
                    );
                }
            )
            .ToArray();

        return requests.Length == 0 || TraceText.Read(Write(requests)).SequenceEqual(requests);
    }

    [Fact]
    public void The_real_trace_is_written_as_it_was_read()
    {
        var original = File.ReadAllBytes(SharedFiles.Require("traces/mooncake_conversation.jsonl"));

        Assert.True(original.AsSpan().SequenceEqual(Write(TraceText.Read(original, readHashIds: true))));
    }

    [Fact]
    public void The_sample_is_what_the_generator_makes()
    {
        var requests = new WorkloadOptions
        {
            RequestCount = 2000,
            LambdaArrival = 1.66,
            Seed = 2025,
        }.ToRequests();

        Assert.Equal(
            Encoding.UTF8.GetString(File.ReadAllBytes(SamplePath())),
            Encoding.UTF8.GetString(Write(requests))
        );
    }

    private static byte[] Write(IEnumerable<RequestSpec> requests)
    {
        using var stream = new MemoryStream();
        TraceWriter.WriteMooncake(stream, requests);
        return stream.ToArray();
    }

    private static string SamplePath()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "LlmSim.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return Path.Combine(folder, "traces", "conversation_sample.jsonl");
    }
}
