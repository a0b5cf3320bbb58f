using System.Globalization;
using System.Text.Json;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary><c>--service_output</c>: figures of classes and tenants as rows.</summary>
public sealed class ServiceOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_row_has_the_figures_of_the_json()
    {
        var json = _folder.File("run.json");
        var rows = Run("--json", json);

        Assert.Equal(
            ["class batch", "class chat", "tenant acme", "tenant default"],
            rows.Select(row => $"{row["group_kind"]} {row["group"]}")
        );
        using var document = JsonDocument.Parse(File.ReadAllText(json));
        var service = document.RootElement.GetProperty("summary").GetProperty("service");
        var groups = service
            .GetProperty("classes")
            .EnumerateArray()
            .Concat(service.GetProperty("tenants").EnumerateArray())
            .ToArray();
        foreach (var (row, group) in rows.Zip(groups))
        {
            void Same(string column, string field, string? statistic = null)
            {
                var value = group.GetProperty(field);
                Assert.Equal(
                    (statistic is null ? value : value.GetProperty(statistic)).GetDouble(),
                    double.Parse(row[column], CultureInfo.InvariantCulture)
                );
            }

            Same("group_requests", "requests");
            Same("finished", "finished");
            Same("token_share_pct", "token_share_percent");
            Same("ttft_p99", "ttft_seconds", "p99");
            Same("tpot_mean", "tpot_seconds", "mean");
            Same("e2e_std", "end_to_end_seconds", "std");
            Same("slo_attainment_pct", "ttft_attainment_percent");
            Same("tpot_slo_attainment_pct", "tpot_attainment_percent");
            Same("attainment_pct", "attainment_percent");
            Same("goodput_requests_per_second", "goodput_requests_per_second");
        }

        Assert.Equal(60, rows.Take(2).Sum(row => int.Parse(row["finished"], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_sweep_has_the_rows_of_its_points_in_order()
    {
        var rows = Run("--seed", "1", "2");

        Assert.Equal(["1", "1", "1", "1", "2", "2", "2", "2"], rows.Select(row => row["seed"]));
        Assert.Equal(Run("--seed", "2"), rows.Skip(4));
    }

    [Fact]
    public void Without_classes_there_is_the_header_alone()
    {
        var path = _folder.File("none.csv");
        Assert.Equal(0, CliRun.Of("run", "--request_count", "5", "--service_output", path).ExitCode);
        Assert.Contains(",group_kind,group,", Assert.Single(File.ReadLines(path)), StringComparison.Ordinal);
    }

    private Dictionary<string, string>[] Run(params string[] args)
    {
        var mix = _folder.Write(
            "mix.yaml",
            """
            classes:
              - { name: chat, tenant: acme, share: 2, ttft_slo: 0.2 }
              - { name: batch, share: 1, input_len: 500, output_len: 20 }
            """
        );
        var path = _folder.File("service.csv");
        string[] all = ["run", "--mix", mix, "--request_count", "60", "--service_output", path, .. args];
        Assert.Equal(0, CliRun.Of(all).ExitCode);
        var lines = File.ReadLines(path).Select(line => line.Split(',')).ToArray();
        return
        [
            .. lines
                .Skip(1)
                .Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second)),
        ];
    }
}
