using LlmSim.Clients;
using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Tests.Cli;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Fleets;

/// <summary>What a fleet counts and when it stops, on runs that can be followed by hand.</summary>
[Collection(WorkingFolderTests.Name)]
public sealed class FleetRunTests
{
    private static readonly Fault s_failure = new()
    {
        AtSeconds = 1000,
        Kind = FaultKind.Fail,
        ForSeconds = 10,
    };

    [Fact]
    public void What_comes_after_the_last_request_does_not_count()
    {
        var fleet = Run(new FleetPlan { StartSeconds = 5, Faults = [s_failure] }).Fleet!;
        Assert.Equal(0, fleet.Failures);
        Assert.Equal(8, fleet.MeanReadyInstances, 1e-9);
        Assert.Equal(100, fleet.AvailabilityPercent, 1e-9);
        Assert.All(fleet.PaidShares, share => Assert.Equal(1, share, 1e-9));
    }

    [Fact]
    public void A_start_that_ends_after_the_run_counts_up_to_its_end()
    {
        var fault = new Fault
        {
            AtSeconds = 0,
            Kind = FaultKind.Fail,
            Stage = "decode",
            Instance = 0,
            ForSeconds = 1e-3,
        };
        var fleet = Run(new FleetPlan { StartSeconds = 1e6, Faults = [fault] }).Fleet!;
        Assert.Equal(7, fleet.MeanReadyInstances, 1e-9);
        Assert.Equal(100 * 7 / 8.0, fleet.AvailabilityPercent, 1e-6);
        Assert.All(fleet.PaidShares, share => Assert.InRange(share, 0, 1));
    }

    [Fact]
    public void Clients_that_give_up_in_vain_are_a_part_of_the_run()
    {
        var fault = new Fault { AtSeconds = 0, Kind = FaultKind.Fail };
        var patient = new ClientBehavior { TtftPatience = Durations.Constant(10) };
        var summary = Run(new FleetPlan { Faults = [fault] }, patient);
        Assert.Equal(summary.Requests, summary.TimedOut);
        Assert.Equal(0, summary.Fleet!.AvailabilityPercent);
        Assert.Equal(0, summary.Fleet.AcceleratorSeconds);
    }

    [Fact]
    public void A_fault_for_ever_holds_where_a_shorter_one_came_first()
    {
        Fault[] faults =
        [
            new()
            {
                AtSeconds = 0,
                Kind = FaultKind.Fail,
                ForSeconds = 0.01,
            },
            new() { AtSeconds = 0, Kind = FaultKind.Fail },
        ];
        var error = Assert.Throws<UserErrorException>(() =>
            Run(new FleetPlan { StartSeconds = 0, Faults = faults })
        );
        Assert.Contains("none is ready, and none ever will be", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Slow_instances_are_as_slow_as_all_that_is_in_force()
    {
        Fault Slow(double at, double factor, double? seconds) =>
            new()
            {
                AtSeconds = at,
                Kind = FaultKind.Slow,
                Factor = factor,
                ForSeconds = seconds,
            };

        var whole = Run(new FleetPlan { Faults = [Slow(0, 6, null)] });
        var parts = Run(new FleetPlan { Faults = [Slow(0, 2, null), Slow(0, 3, null)] });
        var cut = Run(new FleetPlan { Faults = [Slow(0, 6, null), Slow(0, 7, 1e-6)] });
        Assert.Equal(whole.MakespanSeconds, parts.MakespanSeconds);
        Assert.Equal(whole.MakespanSeconds, cut.MakespanSeconds, 1e-3);
    }

    [Fact]
    public void A_link_may_be_as_fast_as_is_allowed()
    {
        var fault = new Fault
        {
            AtSeconds = 0,
            Kind = FaultKind.Link,
            Factor = 1000,
        };
        var summary = Run(new FleetPlan { Faults = [fault] });
        Assert.Equal(summary.Requests, summary.Finished);
    }

    [Fact]
    public void An_autoscaler_that_wants_nothing_ends_with_its_reason()
    {
        var error = Assert.Throws<UserErrorException>(() => Run(Scaled(min: 0)));
        Assert.Contains("requests wait for an instance", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_cannot_be_more_instances_than_there_are()
    {
        var error = Assert.Throws<UserErrorException>(() => Run(Scaled(min: 5)));
        Assert.Equal(
            "autoscale_limits: min: found 5; allowed: at most the 4 prefill instances of the cluster",
            error.Message
        );
    }

    /// <summary>Instances that fail leave requests of which only the last token is to come: no decode instance has them.</summary>
    [Theory]
    [InlineData("standard", "10")]
    [InlineData("reference", "5")]
    public void Records_of_requests_that_kept_tokens_hold(string semantics, string mtbf)
    {
        using var folder = new WorkingFolder();
        string[] failures =
        [
            "--failures",
            $"mtbf={mtbf},repair=1",
            "--start_time",
            "1",
            "--patience",
            "100",
            "--retries",
            "3",
        ];
        var run = CliRun.Of([
            "run",
            "--semantics",
            semantics,
            "--request_count",
            "300",
            "--lambda_arrival",
            "3",
            "--verify",
            .. failures,
        ]);
        Assert.Equal("", run.ExitCode == 0 ? "" : run.Error);
    }

    [Theory]
    [InlineData("--retries", "2.5", "retries: count: found '2.5'; allowed: a whole number from 0 to 1000")]
    [InlineData(
        "--failures",
        "node_mtbf=5,instances_per_node=1.5",
        "instances_per_node: found '1.5'; allowed: a whole number"
    )]
    public void Counts_are_whole(string option, string value, string message)
    {
        var run = CliRun.Of("run", option, value);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    /// <summary>Those that were not given up have the best latencies where nearly all are.</summary>
    [Fact]
    public void A_plan_does_not_choose_a_cluster_that_clients_run_away_from()
    {
        using var folder = new WorkingFolder();
        string[] options =
        [
            "--workload",
            "chat",
            "--lambda_arrival",
            "60",
            "--request_count",
            "200",
            "--ttft_patience",
            "0.1",
        ];
        string[] candidates = ["--hardware", "H100", "--modes", "mixed", "--tp_sizes", "1", "--gpus", "1"];
        var run = CliRun.Of([
            "plan",
            "--model",
            "Qwen/Qwen3-8B",
            "--slo",
            "ttft_p99<0.3s",
            "--explain",
            .. options,
            .. candidates,
        ]);
        Assert.DoesNotContain("costs the least", run.Out, StringComparison.Ordinal);
        Assert.Contains("were given up or lost", run.Out + run.Error, StringComparison.Ordinal);
    }

    /// <summary>What --print_scenario writes can be run from anywhere.</summary>
    [Fact]
    public void A_cluster_in_quotes_is_no_file()
    {
        using var folder = new WorkingFolder();
        Directory.CreateDirectory("sub");
        File.WriteAllText(
            "sub/scenario.yaml",
            """
            workload: { request_count: 5, input_len: 10, output_len: 2 }
            slos:
              # ttft_slo: 10
            cluster: '[{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4}]'
            """
        );
        Assert.Equal("", CliRun.Of("run", "sub/scenario.yaml", "--quiet").Error);
    }

    private static FleetPlan Scaled(int min) =>
        new()
        {
            StartSeconds = 1,
            Autoscale = new AutoscalePlan
            {
                Min = min,
                CooldownSeconds = 0,
                IntervalSeconds = 0.1,
                Policies = new[] { "prefill", "decode" }.ToDictionary(
                    stage => stage,
                    _ => PolicyCatalog.BuiltIn.CreateAutoscale("fixed:count=0")
                ),
            },
        };

    private static RunSummary Run(FleetPlan fleet, ClientBehavior? clients = null) =>
        Simulator.Run(
            Scenarios.Default() with
            {
                Fleet = fleet,
                Clients = clients ?? ClientBehavior.None,
            },
            Enumerable.Range(0, 20).Select(i => new RequestSpec(i, SimTime.FromSeconds(i / 5.0), 1000, 100)),
            onRequest: null,
            TestContext.Current.CancellationToken
        );
}
