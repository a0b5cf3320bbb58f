using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Stages;

/// <summary>Small cases of the standard semantics, worked out by hand: 1 s a prompt token, 10 s an iteration.</summary>
public sealed class StandardSemanticsTests
{
    private static readonly ServiceTimes s_times = new(secondsPerPromptToken: 1, secondsPerIteration: 10);

    [Fact]
    public void The_prefill_yields_the_first_token_and_decode_the_others()
    {
        var (records, summary) = Run(Scenarios.Abstract(s_times), (0, 5, 4));

        var record = Assert.Single(records);
        Assert.Equal(5, record.TtftSeconds);
        Assert.Equal(5 + (3 * 10), record.EndToEndSeconds);
        Assert.Equal(10, record.TpotSeconds);
        Assert.Equal(3, summary.DecodeIterations);
        Assert.Equal(3, summary.ItlSeconds.Count);
        Assert.Equal(10, summary.ItlSeconds.Mean, 1e-9);
        Assert.Equal(4 / 35.0, summary.OutputTokensPerSecond, 1e-12);
    }

    [Fact]
    public void One_output_token_needs_no_decode()
    {
        var (records, summary) = Run(Scenarios.Abstract(s_times), (0, 5, 1));

        var record = Assert.Single(records);
        Assert.Equal(-1, record.DecodeInstance);
        Assert.Equal(5, record.EndToEndSeconds);
        Assert.True(double.IsNaN(record.TpotSeconds));
        Assert.Equal(0, summary.TpotSeconds.Count);
        Assert.Equal(100, summary.BothAttainmentPercent);
    }

    [Fact]
    public void A_joiner_waits_for_the_boundary_of_the_running_iteration()
    {
        // The first decodes from 5 on; the second has its prefill at 12 and joins at 15.
        var (records, _) = Run(Scenarios.Abstract(s_times), (0, 5, 4), (5, 7, 3));

        Assert.Equal(12, records[1].TransferFinish.Seconds);
        Assert.Equal(15, records[1].DecodeStart.Seconds);
        Assert.Equal(35, records[1].Finish.Seconds);
    }

    [Fact]
    public void The_newest_is_preempted_and_its_context_prefilled_again()
    {
        // Room for 20 tokens. A (8 + 5) decodes from 8; B (8 + 4) joins at 18 with A at 9 of KV: 17, and 19 after the
        // iteration until 28. Another token for each would be 21: B, the newest, leaves with 9 of KV and 2 tokens.
        // A goes on alone until it has its 5 tokens, at 48. Then B prefills 8 + 2 tokens until 58, which yields its
        // third token, and decodes its fourth until 68.
        var (records, summary) = Run(Scenarios.Abstract(s_times, kvCapacityTokens: 20), (0, 8, 5), (1, 8, 4));

        Assert.Equal(48, records[0].Finish.Seconds);
        Assert.Equal(0, records[0].Evictions);
        Assert.Equal(1, records[1].Evictions);
        Assert.Equal(18, records[1].FirstDecodeStart.Seconds);
        Assert.Equal(48, records[1].DecodeStart.Seconds);
        Assert.Equal(10, records[1].Recompute.Seconds);
        Assert.Equal(68, records[1].Finish.Seconds);
        Assert.Equal(1, summary.Evictions);
        Assert.Equal(19, summary.Instances.Single(instance => instance.Stage == "decode").PeakKvBytes);
        // Gaps of A: 10 four times. Gaps of B: 16 → 28, then 58, then 68.
        Assert.Equal(7, summary.ItlSeconds.Count);
        Assert.Equal(((4 * 10) + 12 + 30 + 10) / 7.0, summary.ItlSeconds.Mean, 1e-9);
    }

    [Fact]
    public void A_prompt_waits_until_the_KV_cache_before_it_has_been_sent()
    {
        // Room for 10 tokens on the prefill side and a link of 1 byte/s: 6 tokens take 6 s to leave.
        var slow = Scenarios.Abstract(s_times, kvCapacityTokens: 10);
        slow = slow with { PrefillInstances = [slow.PrefillInstances[0] with { KvLinkBytesPerSecond = 1 }] };

        var (records, _) = Run(slow, (0, 6, 2), (0, 6, 2));

        Assert.Equal(6, records[0].PrefillFinish.Seconds);
        Assert.Equal(12, records[0].TransferFinish.Seconds);
        Assert.Equal(12, records[1].PrefillStart.Seconds);
    }

    [Fact]
    public void What_can_never_fit_is_rejected_with_its_reason()
    {
        var scenario = Scenarios.Abstract(s_times, kvCapacityTokens: 20);
        scenario = scenario with
        {
            Model = scenario.Model with { MaxContextTokens = 100 },
            TtftSloSeconds = 15.1,
            TpotSloSeconds = 10.1,
        };

        var (records, summary) = Run(scenario, (0, 21, 1), (0, 15, 7), (0, 60, 41), (0, 15, 6));

        Assert.Equal(
            [
                "prompt exceeds the KV memory of every prefill instance",
                "prompt and output exceed the KV memory of every decode instance",
                "prompt and output exceed the model's context window",
                null,
            ],
            records.Select(record => record.RejectionReason)
        );
        Assert.Equal((4, 1, 3), (summary.Requests, summary.Finished, summary.Rejected));
        Assert.All(summary.Rejections, rejection => Assert.Equal(1, rejection.Value));
        Assert.Equal(25, summary.BothAttainmentPercent);
    }

    [Fact]
    public void A_request_goes_where_it_fits()
    {
        var small = Scenarios.Abstract(s_times, kvCapacityTokens: 20);
        var large = Scenarios.Abstract(s_times, kvCapacityTokens: 50);
        var mixed = large with { DecodeInstances = [small.DecodeInstances[0], large.DecodeInstances[0]] };

        var (records, _) = Run(mixed, (0, 30, 10), (0, 30, 10), (0, 5, 5));

        Assert.Equal([1, 1, 0], records.Select(record => record.DecodeInstance));
    }

    [Fact]
    public void A_workload_out_of_order_is_refused()
    {
        var exception = Assert.Throws<UserErrorException>(() =>
            Run(Scenarios.Abstract(s_times), (5, 1, 1), (4, 1, 1))
        );

        Assert.Contains("request 1", exception.Message, StringComparison.Ordinal);
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        params (double Arrival, int Input, int Output)[] requests
    )
    {
        var records = new List<RequestRecord>();
        var workload = requests.Select(
            (request, id) =>
                new RequestSpec(id, SimTime.FromSeconds(request.Arrival), request.Input, request.Output)
        );
        var summary = Simulator.Run(scenario, workload, records.Add);
        return ([.. records.OrderBy(record => record.Id)], summary);
    }
}
