using System.Text;
using System.Text.Json;
using LlmSim.Experiments.Results;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class SummaryTests
{
    private const string ReferenceHeader =
        "uuid,prefill_global,prefill_local,decode_global,decode_local,ttft_slo,tpot_slo,request_count,"
        + "lambda_arrival,request_source,prefill_config,decode_config,seed,ttft_p25,ttft_p50,ttft_p75,ttft_p90,"
        + "ttft_p95,ttft_p99,ttft_mean,ttft_std,slo_attainment_pct,total_requests,tpot_p25,tpot_p50,tpot_p75,"
        + "tpot_p90,tpot_p95,tpot_p99,tpot_mean,tpot_std,tpot_slo_attainment_pct";

    [Fact]
    public void The_csv_starts_with_the_columns_of_the_reference()
    {
        var (header, row) = Csv(Samples.Result());

        Assert.StartsWith(ReferenceHeader + ",", header, StringComparison.Ordinal);
        Assert.StartsWith(
            "lowest_load-fcfs-lowest_load-fcfs-1.66,lowest_load,fcfs,lowest_load,fcfs,10,0.5,12,1.66,conversation,"
                + "default,default,2025,0.4,0.5,0.6,0.65,0.7,0.75,0.5,0.05,91.5,12,",
            row,
            StringComparison.Ordinal
        );
        Assert.Equal(header.Split(',').Length, row.Split(',').Length);
    }

    [Fact]
    public void The_columns_of_the_reference_are_those_that_it_wrote()
    {
        var golden = File.ReadLines(SharedFiles.Require("golden/a_summary.csv")).First();

        Assert.Equal("case," + ReferenceHeader, golden);
    }

    [Theory]
    [InlineData(20, "20.0")]
    [InlineData(0.5, "0.5")]
    [InlineData(1.66, "1.66")]
    public void The_uuid_is_the_one_of_the_reference(double lambda, string expected)
    {
        var result = Samples.Result();
        var (_, row) = Csv(
            result with
            {
                Configuration = result.Configuration with { LambdaArrival = lambda },
            }
        );

        Assert.StartsWith($"lowest_load-fcfs-lowest_load-fcfs-{expected},", row, StringComparison.Ordinal);
    }

    [Fact]
    public void The_csv_leaves_what_is_not_defined_empty()
    {
        var (header, row) = Csv(Samples.Result());
        var column = Array.IndexOf(header.Split(','), "decode_queue_p50");

        Assert.Equal("", row.Split(',')[column]);
    }

    [Fact]
    public void The_json_holds_configuration_clusters_and_summary_under_the_names_of_the_field()
    {
        using var json = Json(Samples.Result());
        var root = json.RootElement;

        Assert.Equal("1.2.3", root.GetProperty("version").GetString());
        var configuration = root.GetProperty("configuration");
        Assert.Equal("full", configuration.GetProperty("semantics").GetProperty("lm_head").GetString());
        Assert.Equal(10, configuration.GetProperty("ttft_slo_seconds").GetDouble());
        var instance = root.GetProperty("prefill_instances")[0];
        Assert.Equal("NVIDIA_TEST", instance.GetProperty("hardware").GetString());
        var summary = root.GetProperty("summary");
        Assert.Equal(0.15, summary.GetProperty("tpot_seconds").GetProperty("p50").GetDouble());
        Assert.Equal(1.0 / 3, summary.GetProperty("requests_per_second").GetDouble());
        Assert.Equal(1, summary.GetProperty("rejections").GetProperty("too long").GetInt64());
        Assert.Equal("decode", summary.GetProperty("instances")[1].GetProperty("stage").GetString());
    }

    [Fact]
    public void The_json_has_null_for_what_is_not_defined()
    {
        using var json = Json(Samples.Result());
        var queue = json.RootElement.GetProperty("summary").GetProperty("decode_queue_seconds");

        Assert.Equal(JsonValueKind.Null, queue.GetProperty("mean").ValueKind);
    }

    private static (string Header, string Row) Csv(RunResult result)
    {
        using var stream = new MemoryStream();
        SummaryCsv.Write(stream, [result]);
        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
        Assert.Equal(3, lines.Length);
        return (lines[0], lines[1]);
    }

    private static JsonDocument Json(RunResult result)
    {
        using var stream = new MemoryStream();
        SummaryJson.Write(stream, result);
        return JsonDocument.Parse(stream.ToArray());
    }
}
