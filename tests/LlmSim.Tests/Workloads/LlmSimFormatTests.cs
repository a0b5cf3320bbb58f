using LlmSim.Experiments.Workloads;
using LlmSim.Kernel;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>The format that keeps conversations and classes.</summary>
public sealed class LlmSimFormatTests
{
    private const string Line =
        """{"llmsim": 1, "timestamp": 0, "turns": [{"prompt": [[5, 10]], "output": [6, 2]}, {"from": 0, "prompt": [[7, 3]], "output": [8, 1], "after": [0], "delay": 1.5}]}""";

    [Theory]
    [InlineData("chat:turns=4,system=100,systems=3")]
    [InlineData("agent:fork=0.3,steps=12,context=60000,system=5000")]
    public void Conversations_read_back_as_they_were_written(string source)
    {
        var requests = new WorkloadOptions
        {
            Source = RequestSources.Parse(source).Source,
            SourceText = source,
            RequestCount = 30,
            Arrivals = ArrivalProcess.Constant,
        }
            .ToRequests()
            .Select((request, i) => request with { Origin = Origin(i) })
            .ToArray();

        using var stream = new MemoryStream();
        Assert.Equal(30, TraceWriter.WriteLlmSim(stream, requests));
        var read = TraceText.Read(stream.ToArray());

        Assert.Equal(
            requests.Select(request =>
                (request.Id, request.Arrival, request.InputTokens, request.OutputTokens, request.Origin)
            ),
            read.Select(request =>
                (request.Id, request.Arrival, request.InputTokens, request.OutputTokens, request.Origin)
            )
        );
        foreach (var (written, back) in requests.Zip(read, (a, b) => (a.Conversation!, b.Conversation!)))
        {
            Assert.Equal(written.Turns.Select(turn => turn.Prompt), back.Turns.Select(turn => turn.Prompt));
            Assert.Equal(
                written.Turns.Select(turn => (turn.Output, turn.DelaySeconds)),
                back.Turns.Select(turn => (turn.Output, turn.DelaySeconds))
            );
            Assert.Equal(written.Turns.Select(turn => turn.After), back.Turns.Select(turn => turn.After));
        }

        // Equal senders are one object.
        Assert.Equal(
            2,
            read.Select(request => request.Origin)
                .OfType<RequestOrigin>()
                .Distinct(ReferenceEqualityComparer.Instance)
                .Count()
        );
    }

    [Fact]
    public void Single_requests_read_back_with_their_blocks()
    {
        RequestSpec[] requests =
        [
            new(0, SimTime.Zero, 40, 3, [1, 2, 3], 16) { Origin = Origin(0) },
            new(1, new SimTime(1_500_001), 7, 1) { Origin = Origin(1) },
        ];
        using var stream = new MemoryStream();
        TraceWriter.WriteLlmSim(stream, requests);

        var read = TraceText.Read(stream.ToArray(), readHashIds: true);
        Assert.Equal(requests[0].HashIds, read[0].HashIds);
        Assert.Equal(requests[0] with { HashIds = null }, read[0] with { HashIds = null });
        Assert.Equal(requests[1], read[1]);
    }

    [Theory]
    [InlineData(
        "\"llmsim\": 1",
        "\"llmsim\": 2",
        "t.jsonl:1: llmsim: found 2; allowed: a number from 1 to 1"
    )]
    [InlineData(
        "\"from\": 0",
        "\"from\": 1",
        "t.jsonl:1: from: found 1; allowed: the number of a turn before it, which is turn 1"
    )]
    [InlineData(
        "\"after\": [0]",
        "\"after\": [3]",
        "t.jsonl:1: after: found 3; allowed: the number of a turn before it"
    )]
    [InlineData(
        "\"after\": [0]",
        "\"after\": []",
        "t.jsonl:1: turns: a conversation: turn 1 waits for no other"
    )]
    [InlineData(
        "\"delay\": 1.5",
        "\"delay\": -1.5",
        "t.jsonl:1: delay: found -1.5; allowed: a number from 0 to 1e9 s"
    )]
    [InlineData("[[7, 3]]", "[[7, 0]]", "t.jsonl:1: prompt: found 0; allowed: an integer from 1")]
    [InlineData("[[7, 3]]", "[7, 3]", "t.jsonl:1: prompt: found 7; allowed: [ID, TOKENS]")]
    [InlineData("\"output\": [8, 1]", "\"output\": 8", "t.jsonl:1: output: found 8; allowed: [ID, TOKENS]")]
    [InlineData(
        "\"timestamp\": 0",
        "\"timestamp\": 0, \"priority\": \"high\"",
        "t.jsonl:1: priority: found \"high\"; allowed: a number from -1e9 to 1e9"
    )]
    public void A_wrong_line_is_told_what_is_allowed(string good, string bad, string start)
    {
        Assert.Single(TraceText.Read(Line));
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(Line.Replace(good, bad, StringComparison.Ordinal))
        );
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    private static RequestOrigin? Origin(int number) =>
        (number % 3) switch
        {
            0 => new RequestOrigin
            {
                Class = "batch \"x\"",
                Priority = 3,
                DeadlineSeconds = 1.0 / 3,
            },
            1 => new RequestOrigin
            {
                Tenant = "acme",
                Weight = 0.1,
                TtftSloSeconds = 2,
                TpotSloSeconds = 0.05,
            },
            _ => null,
        };
}
