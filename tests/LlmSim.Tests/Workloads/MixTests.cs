using LlmSim.Experiments.Workloads;
using LlmSim.Tests.Experiments;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Classes of requests in one stream, and traces that name them.</summary>
public sealed class MixTests : IDisposable
{
    private const string Two = """
        classes:
          - name: chat
            tenant: acme
            share: 3
            request_source: chat:turns=2,turns_dist=fixed
            ttft_slo: 1
            tpot_slo: 0.05
          - name: batch
            priority: 5
            weight: 0.5
            share: 1
            deadline: 600
            input_len: 2000
            output_len: 10
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Classes_come_by_their_shares_with_ids_in_order_of_arrival()
    {
        var requests = Requests(Two, count: 8_000, rate: 4);
        var (chats, batch) = (Of(requests, "chat"), Of(requests, "batch"));

        // Four standard errors of a share of three quarters.
        Assert.Equal(0.75, chats.Length / 8_000.0, 4 * Math.Sqrt(0.75 * 0.25 / 8_000));
        Assert.Equal(4, 8_000 / requests[^1].Arrival.Seconds, 4 * 4 / Math.Sqrt(8_000));
        Assert.Equal(requests.OrderBy(request => request.Arrival), requests);
        var id = 0L;
        foreach (var request in requests)
        {
            Assert.Equal(id, request.Id);
            id += request.Conversation?.Turns.Count ?? 1;
        }

        Assert.All(chats, request => Assert.Equal(2, request.Conversation!.Turns.Count));
        Assert.Equal((2_000, 10), (batch[0].InputTokens, batch[0].OutputTokens));
        Assert.Equal(
            new RequestOrigin
            {
                Class = "chat",
                Tenant = "acme",
                TtftSloSeconds = 1,
                TpotSloSeconds = 0.05,
            },
            chats[0].Origin
        );
        Assert.Equal(
            new RequestOrigin
            {
                Class = "batch",
                Priority = 5,
                Weight = 0.5,
                DeadlineSeconds = 600,
            },
            batch[0].Origin
        );
        Assert.Equal(
            2,
            requests.Select(request => request.Origin!).Distinct(ReferenceEqualityComparer.Instance).Count()
        );
    }

    [Fact]
    public void Another_class_shifts_none()
    {
        // By rates, so that those of the others stay.
        var two = Two.Replace("share", "rate", StringComparison.Ordinal);
        var three = two + "\n  - name: more\n    rate: 2\n    request_source: zipfian\n";

        var (before, after) = (Requests(two, 1_000), Requests(three, 2_000));
        foreach (var name in new[] { "chat", "batch" })
        {
            var (a, b) = (Of(before, name), Of(after, name));
            var count = Math.Min(a.Length, b.Length);
            Assert.True(count > 100);
            Assert.Equal(
                a.Take(count).Select(request => (request.Arrival, request.InputTokens, request.OutputTokens)),
                b.Take(count).Select(request => (request.Arrival, request.InputTokens, request.OutputTokens))
            );
        }
    }

    [Fact]
    public void Rates_are_those_of_the_file_unless_another_sum_is_asked_for()
    {
        var rates = Two.Replace("share", "rate", StringComparison.Ordinal);

        Assert.Equal(4, 4_000 / Requests(rates, 4_000)[^1].Arrival.Seconds, 0.3);
        Assert.Equal(8, 4_000 / Requests(rates, 4_000, rate: 8)[^1].Arrival.Seconds, 0.6);
        WorkloadFacts? facts = null;
        _ = Options(rates, 1).ToRequests(known => facts = known);
        Assert.Equal(4, facts!.RatePerSecond);
    }

    [Fact]
    public void A_trace_keeps_its_times_and_its_content_is_its_own()
    {
        var trace = _folder.Write(
            "t.jsonl",
            TraceText.Line("0", "1024") + "\n" + TraceText.Line("1500", "1024")
        );
        var text =
            $"classes:\n  - name: a\n    trace_path: {trace}\n  - name: b\n    trace_path: {trace}\n    time_scale: 2\n";

        var requests = (Options(text, 10) with { ReadHashIds = true, HashBlockTokens = null })
            .ToRequests()
            .ToArray();
        Assert.Equal([0, 0, 1.5, 3], requests.Select(request => request.Arrival.Seconds));
        Assert.Equal(["a", "b", "a", "b"], requests.Select(request => request.Origin!.Class));
        Assert.Equal(requests[0].HashIds, requests[2].HashIds);
        Assert.Empty(requests[0].HashIds!.Intersect(requests[1].HashIds!));
    }

    [Fact]
    public void Json_is_read_too()
    {
        const string Json = """
            {"$schema": "x", "classes": [{"name": "a", "share": 1, "request_source": "zipfian", "arrivals": "constant"}]}
            """;
        Assert.Equal(["a", "a", "a"], Requests(Json, 3).Select(request => request.Origin!.Class));
    }

    [Theory]
    [InlineData("share: 3", "rate: 3", "mix.yaml:11:share: another class has a rate")]
    [InlineData("share: 3", "share: 0", "mix.yaml:4:share: found '0'; allowed: a number above 0, up to 1e9")]
    [InlineData("share: 3", "weight: 2", "mix.yaml:2:share: missing; allowed: share or rate")]
    [InlineData(
        "share: 3",
        "share: 3\n    rate: 1",
        "mix.yaml:4:share: found beside rate; allowed: one of them"
    )]
    [InlineData("name: batch", "name: chat", "mix.yaml:8:name: 'chat' is that of another class")]
    [InlineData(
        "priority: 5",
        "priority: 1.5",
        "mix.yaml:9:priority: found '1.5'; allowed: a whole number from -1e9 to 1e9"
    )]
    [InlineData("tenant: acme", "tennant: acme", "mix.yaml:3:tennant: unknown. Did you mean 'tenant'?")]
    [InlineData("chat:turns=2", "chat:turns=0", "request_source: chat: turns: found '0'")]
    [InlineData(
        "request_source: chat",
        "request_source: chart",
        "mix.yaml:5:request_source: request_source: found 'chart"
    )]
    [InlineData(
        "tpot_slo: 0.05",
        "tpot_slo: -1",
        "mix.yaml:7:tpot_slo: found '-1'; allowed: a number above 0 s"
    )]
    [InlineData("input_len: 2000", "arrivals: gamma", "mix.yaml:13:arrivals: arrivals: found 'gamma'")]
    public void What_is_wrong_is_told_with_its_line(string good, string bad, string message)
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Requests(Two.Replace(good, bad, StringComparison.Ordinal), 1)
        );
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_classes_is_told()
    {
        foreach (
            var (text, message) in new[]
            {
                ("classes: []", "mix.yaml:1:classes: is empty"),
                ("classes: 3", "mix.yaml:1:classes: is not a list"),
                ("other: 3", "mix.yaml:1:other: unknown"),
                ("[1]", "mix.yaml:1: is not one mapping with a list of classes"),
            }
        )
        {
            var error = Assert.Throws<UserErrorException>(() => Requests(text, 1));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        """
            {"timestamp": 0, "input_length": 3, "output_length": 4, "who": "chat", "customer": 7, "prio": 2, "due": 1.5}
            {"timestamp": 9, "input_length": 3, "output_length": 4, "who": null, "prio": null}
            """
    )]
    [InlineData(
        "timestamp,input_length,output_length,who,customer,prio,due\n0,3,4,\"chat\",7,2,1.5\n9,3,4,,,,\n"
    )]
    public void A_trace_names_senders_in_columns(string text)
    {
        var options = new TraceOptions { Columns = "class=who,tenant=customer,priority=prio,deadline=due" };

        var requests = TraceText.Read(text, options);
        Assert.Equal(
            [
                new RequestOrigin
                {
                    Class = "chat",
                    Tenant = "7",
                    Priority = 2,
                    DeadlineSeconds = 1.5,
                },
                null,
            ],
            requests.Select(request => request.Origin)
        );
        Assert.All(TraceText.Read(text), request => Assert.Null(request.Origin));
    }

    [Theory]
    [InlineData("2", "2.5", "t.jsonl:2: prio: found 2.5; allowed: a whole number from -1e9 to 1e9")]
    [InlineData("1.5", "0", "t.jsonl:2: due: found 0; allowed: a number above 0 s")]
    [InlineData("2,1.5", "high,1.5", "t.jsonl:2: prio: found high; allowed: a number from -1e9 to 1e9")]
    public void A_wrong_sender_is_told_with_its_line(string good, string bad, string start)
    {
        var text = "timestamp,input_length,output_length,who,prio,due\n0,3,4,chat,2,1.5\n";
        var error = Assert.Throws<UserErrorException>(() =>
            TraceText.Read(
                text.Replace(good, bad, StringComparison.Ordinal),
                new TraceOptions { Columns = "class=who,priority=prio,deadline=due" }
            )
        );
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }

    private RequestSpec[] Requests(string text, int count, double? rate = null) =>
        [.. (Options(text, count) with { LambdaArrival = rate }).ToRequests()];

    private WorkloadOptions Options(string text, int count) =>
        new()
        {
            Source = RequestSource.Mix,
            MixPath = _folder.Write("mix.yaml", text),
            RequestCount = count,
        };

    private static RequestSpec[] Of(RequestSpec[] requests, string name) =>
        [.. requests.Where(request => request.Origin!.Class == name)];
}
