using LlmSim.Experiments.Workloads;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class ArrivalChoiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_trace_with_times_arrives_at_its_own()
    {
        var (requests, arrivals) = Read(new WorkloadOptions { TracePath = Trace("0", "1500") });

        Assert.Equal(new ArrivalChoice(ArrivalProcess.Trace, "its own times"), arrivals);
        Assert.Equal([0, 1.5], requests.Select(request => request.Arrival.Seconds));
    }

    [Fact]
    public void A_rate_that_is_given_or_the_semantics_of_the_reference_mean_poisson()
    {
        var options = new WorkloadOptions { TracePath = Trace("0", "1500") };

        var (given, arrivals) = Read(options with { LambdaArrival = 3 });
        Assert.Equal(new ArrivalChoice(ArrivalProcess.Poisson, "lambda_arrival is given"), arrivals);
        Assert.Equal(
            Read(options with { Arrivals = ArrivalProcess.Poisson, LambdaArrival = 3 }).Requests,
            given
        );
        Assert.Equal(
            new ArrivalChoice(ArrivalProcess.Poisson, "as in the reference"),
            Read(options with { TraceArrivals = TraceArrivals.Poisson }).Arrivals
        );
        Assert.Equal(
            new ArrivalChoice(ArrivalProcess.Trace, null),
            Read(options with { Arrivals = ArrivalProcess.Trace, LambdaArrival = 3 }).Arrivals
        );
    }

    [Fact]
    public void A_trace_without_times_arrives_by_poisson_at_the_default_rate()
    {
        var path = _folder.Write("t.csv", "num_prefill_tokens,num_decode_tokens\n3,4\n5,6\n");
        var options = new WorkloadOptions { TracePath = path };

        var (requests, arrivals) = Read(options);
        Assert.Equal(new ArrivalChoice(ArrivalProcess.Poisson, "the trace has no times"), arrivals);
        Assert.Equal(
            new WorkloadOptions { RequestCount = 2 }
                .ToRequests()
                .Select(request => request.Arrival),
            requests.Select(request => request.Arrival)
        );
        var error = Assert.Throws<UserErrorException>(() =>
            Read(options with { Arrivals = ArrivalProcess.Trace })
        );
        Assert.StartsWith(
            $"arrivals: trace needs times, and {path} has none;",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_run_and_a_sweep_say_which_arrivals_they_had()
    {
        var trace = Trace("0", "1000", "2500");

        var run = CliRun.Of("run", "--trace_path", trace, "--csv_output", _folder.File("run.csv"));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("arrivals trace (its own times)", run.Out, StringComparison.Ordinal);
        Assert.Contains(
            "3 requests in 2.5 s, 0.8/s, times in ms (mooncake)",
            run.Out,
            StringComparison.Ordinal
        );

        Assert.Contains(
            "arrivals poisson at 2/s (lambda_arrival is given)",
            CliRun.Of("run", "--trace_path", trace, "--lambda_arrival", "2").Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "arrivals poisson at 1.66/s (as in the reference)",
            CliRun.Of("run", "--trace_path", trace, "--semantics", "reference").Out,
            StringComparison.Ordinal
        );
        string[] sweep = ["run", "--trace_path", trace, "--time_scale", "1", "0.5", "--sort"];
        Assert.Equal(0, CliRun.Of([.. sweep, "--csv_output", _folder.File("sweep.csv"), "--quiet"]).ExitCode);
        var rows = Table.Read(_folder.File("sweep.csv"));
        Assert.Equal(["trace", "trace"], rows.Select(row => row["arrivals"]));
        Assert.Equal([1, 0.5], rows.Select(row => row.Double("time_scale")));
        Assert.Equal(Table.Read(_folder.File("run.csv"))[0]["makespan"], rows[0]["makespan"]);
        Assert.Equal(rows[0].Double("makespan") - 1.25, rows[1].Double("makespan"), 0.1);
    }

    private string Trace(params string[] times) =>
        _folder.Write("t.jsonl", string.Join('\n', times.Select(time => TraceText.Line(time))));

    private static (RequestSpec[] Requests, ArrivalChoice Arrivals) Read(WorkloadOptions options)
    {
        WorkloadFacts? facts = null;
        var requests = options.ToRequests(known => facts = known).ToArray();
        return (requests, facts!.Arrivals);
    }
}
