using System.IO.Compression;
using System.Text.Json;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Reports;

/// <summary>
/// Trace events are those of the Trace Event Format: known phases, whole microseconds, a begin for every end, and the iterations of an
/// instance one after another.
/// </summary>
public sealed class PerfettoTraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("\"count\": 4")]
    [InlineData("\"pp_size\": 3")]
    public void Events_follow_the_format(string cluster)
    {
        string[] more =
            cluster.Length == 0
                ? []
                :
                [
                    "--cluster",
                    _folder.Write(
                        "cluster.json",
                        $$"""[{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, {{cluster}}}]"""
                    ),
                ];
        var run = CliRun.Of([
            .. (string[])
                ["run", "--quiet", "--request_count", "60", "--trace_output", _folder.File("t.json")],
            .. more,
        ]);
        Assert.Equal(0, run.ExitCode);

        using var trace = JsonDocument.Parse(File.ReadAllBytes(_folder.File("t.json")));
        var events = trace.RootElement.GetProperty("traceEvents").EnumerateArray().ToArray();
        Assert.Equal(
            events.Length,
            trace.RootElement.GetProperty("otherData").GetProperty("events").GetInt64()
        );
        Assert.Contains($"{events.Length:N0} events", run.Error);
        Assert.All(events, RequireFields);

        RequireIterationsInTurn(events);
        RequireRequestsWhole(events, requests: 60);
    }

    [Fact]
    public void Iterations_are_those_that_the_summary_counts()
    {
        var run = CliRun.Of(
            "run",
            "--request_count",
            "40",
            "--json",
            "-",
            "--trace_output",
            _folder.File("t.json.gz")
        );
        Assert.Equal(0, run.ExitCode);

        using var summary = JsonDocument.Parse(run.Out);
        using var gzip = new GZipStream(File.OpenRead(_folder.File("t.json.gz")), CompressionMode.Decompress);
        using var trace = JsonDocument.Parse(gzip);
        var decoded = trace
            .RootElement.GetProperty("traceEvents")
            .EnumerateArray()
            .Count(one => Phase(one) == "X" && one.GetProperty("name").GetString() == "decode");
        Assert.Equal(
            summary.RootElement.GetProperty("summary").GetProperty("decode_iterations").GetInt64(),
            decoded
        );
    }

    [Fact]
    public void A_trace_that_is_full_stays_whole_and_says_what_it_lacks()
    {
        var run = CliRun.Of(
            "run",
            "--quiet",
            "--request_count",
            "50",
            "--trace_output",
            _folder.File("t.json"),
            "--trace_limit",
            "500"
        );

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("later ones are left out (--trace_limit)", run.Error);
        using var trace = JsonDocument.Parse(File.ReadAllBytes(_folder.File("t.json")));
        var events = trace.RootElement.GetProperty("traceEvents").EnumerateArray().ToArray();
        Assert.InRange(events.Length, 1, 500);
        Assert.Equal(events.Count(one => Phase(one) == "b"), events.Count(one => Phase(one) == "e"));
        Assert.True(trace.RootElement.GetProperty("otherData").GetProperty("left_out").GetInt64() > 0);
    }

    [Fact]
    public void A_trace_changes_no_result()
    {
        var plain = CliRun.Of("run", "--request_count", "80", "--json", "-");
        var traced = CliRun.Of(
            "run",
            "--request_count",
            "80",
            "--json",
            "-",
            "--trace_output",
            _folder.File("t.json")
        );

        Assert.Equal(plain.Out, traced.Out);
    }

    [Theory]
    [InlineData("t.txt", "allowed: .json, .json.gz")]
    [InlineData("missing/t.json", "there is no folder")]
    public void A_wrong_name_is_an_error_of_one_line(string name, string message)
    {
        var run = CliRun.Of("run", "--request_count", "5", "--trace_output", _folder.File(name));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public void A_sweep_has_no_trace()
    {
        var run = CliRun.Of("run", "--lambda_arrival", "1", "2", "--trace_output", _folder.File("t.json"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--trace_output: is of a single run", run.Error);
    }

    /// <summary>What the format asks of an event of each phase, and nothing of another type or by another name.</summary>
    private static void RequireFields(JsonElement one)
    {
        var phase = Phase(one);
        string[] required = phase switch
        {
            "X" => ["name", "ph", "pid", "tid", "ts", "dur"],
            "C" => ["name", "ph", "pid", "ts", "args"],
            "b" or "e" => ["name", "ph", "pid", "ts", "cat", "id"],
            "i" => ["name", "ph", "pid", "ts", "s"],
            "M" => ["name", "ph", "pid", "args"],
            _ => throw new InvalidOperationException($"phase {phase}"),
        };
        string[] known = ["name", "ph", "pid", "tid", "ts", "dur", "cat", "id", "args", "s"];
        var fields = one.EnumerateObject().ToDictionary(field => field.Name, field => field.Value);
        Assert.All(required, name => Assert.Contains(name, fields.Keys));
        Assert.All(fields.Keys, name => Assert.Contains(name, known));
        Assert.NotEqual("", fields["name"].GetString());
        Assert.True(fields["pid"].GetInt32() > 0);
        foreach (var time in fields.Where(field => field.Key is "ts" or "dur"))
        {
            Assert.True(time.Value.GetInt64() >= 0);
        }

        if (phase == "C")
        {
            Assert.All(
                fields["args"].EnumerateObject(),
                value => Assert.True(double.IsFinite(value.Value.GetDouble()))
            );
        }
        else if (phase == "M")
        {
            Assert.Contains(
                fields["name"].GetString(),
                (string[])
                    [
                        "process_name",
                        "thread_name",
                        "process_sort_index",
                        "thread_sort_index",
                        "process_labels",
                    ]
            );
        }
        else if (phase == "i")
        {
            Assert.Contains(fields["s"].GetString(), (string[])["g", "p", "t"]);
        }
    }

    private static void RequireIterationsInTurn(JsonElement[] events)
    {
        var tracks = events
            .Where(one => Phase(one) == "X")
            .GroupBy(one => (one.GetProperty("pid").GetInt32(), one.GetProperty("tid").GetInt32()))
            .ToArray();
        Assert.NotEmpty(tracks);
        foreach (var track in tracks)
        {
            var free = 0L;
            foreach (var iteration in track)
            {
                Assert.True(iteration.GetProperty("ts").GetInt64() >= free);
                free = iteration.GetProperty("ts").GetInt64() + iteration.GetProperty("dur").GetInt64();
            }
        }
    }

    /// <summary>Every request has its ends matched by id and name, and its phases lie within it, one after another.</summary>
    private static void RequireRequestsWhole(JsonElement[] events, int requests)
    {
        var byId = events
            .Where(one => Phase(one) is "b" or "e")
            .GroupBy(one => one.GetProperty("id").GetInt64())
            .ToArray();
        Assert.Equal(requests, byId.Length);
        foreach (var request in byId)
        {
            var slices = request
                .GroupBy(one => one.GetProperty("name").GetString()!)
                .Select(slice =>
                    (
                        slice.Key,
                        Start: Time(slice.Single(one => Phase(one) == "b")),
                        End: Time(slice.Single(one => Phase(one) == "e"))
                    )
                )
                .ToArray();
            var whole = slices.Single(slice => slice.Key.StartsWith("request", StringComparison.Ordinal));
            var phases = slices.Where(slice => slice != whole).OrderBy(slice => slice.Start).ToArray();
            Assert.Equal((whole.Start, whole.End), (phases[0].Start, phases[^1].End));
            Assert.All(phases.Zip(phases.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
        }
    }

    private static long Time(JsonElement one) => one.GetProperty("ts").GetInt64();

    private static string Phase(JsonElement one) => one.GetProperty("ph").GetString()!;
}
