using System.Globalization;
using System.Text.Json;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Models;

/// <summary>Clusters of several models on the command line.</summary>
public sealed class SeveralModelsCommandTests : IDisposable
{
    private const string Small = "Qwen/Qwen3-8B";
    private const string Large = "unsloth/Llama-3.3-70B-Instruct";

    private const string Cluster = """
        [
          { "role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, "model": "Qwen3-8B" },
          { "role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, "count": 2, "model": "Qwen3-8B" },
          { "role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 2 },
          { "role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 4 }
        ]
        """;

    private const string Mix = """
        classes:
          - { name: small, share: 3, model: Qwen3-8B, input_len: 900, output_len: 150, range_ratio: 0.2 }
          - { name: large, share: 1, input_len: 3000, output_len: 90, range_ratio: 0.2 }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("shared_link")]
    [InlineData("contended_links_per_layer")]
    public void Each_model_fares_as_on_its_instances_alone(string transfer)
    {
        var trace = _folder.File("mix.jsonl");
        Ok(
            "workload",
            "generate",
            "--mix",
            Write("mix.yaml", Mix),
            "--request_count",
            "300",
            "--seed",
            "4",
            "--output",
            trace
        );
        var lines = File.ReadAllLines(trace);
        var ofSmall = lines.Where(line => line.Contains("\"small\"", StringComparison.Ordinal)).ToArray();

        var cluster = JsonSerializer.Deserialize<JsonElement[]>(Cluster)!;
        var smallAlone = JsonSerializer.Serialize(cluster[..2]);
        var largeAlone = JsonSerializer.Serialize(cluster[2..]);

        var small = Times("small", smallAlone, ofSmall, transfer, Small);
        var large = Times("large", largeAlone, lines.Except(ofSmall), transfer, Large);

        Assert.True(small.Length > 200 && large.Length > 50);
        Assert.Equal(small, Times("small", Cluster, lines, transfer, Large));
        Assert.Equal(large, Times("large", Cluster, lines, transfer, Large));
    }

    [Fact]
    public void To_name_the_one_model_is_to_name_none()
    {
        const string Named =
            """[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "model": "MODEL" }]""";
        string Json(string model)
        {
            var cluster = Write(
                "one.json",
                model.Length == 0
                    ? Named.Replace(", \"model\": \"MODEL\"", "", StringComparison.Ordinal)
                    : Named.Replace("MODEL", model, StringComparison.Ordinal)
            );
            return Ok("run", "--cluster", cluster, "--request_count", "40", "--json", "-");
        }

        var unnamed = Json("");
        Assert.Equal(unnamed, Json(Large));
        Assert.Equal(unnamed, Json("Llama-3.3-70B-Instruct"));
    }

    [Fact]
    public void Results_are_given_for_each_model()
    {
        var service = _folder.File("service.csv");
        var requests = _folder.File("requests.csv");
        var run = CliRun.Of([
            "run",
            .. Both(),
            "--request_count",
            "80",
            "--verify",
            "--service_output",
            service,
            "--requests_output",
            requests,
        ]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"Model       {Small}, {Large}, standard", run.Out, StringComparison.Ordinal);
        var rows = File.ReadLines(service).Select(line => line.Split(',')).ToArray();
        var kind = Array.IndexOf(rows[0], "group_kind");
        Assert.Equal(
            [Small, Large],
            rows.Where(row => row[kind] == "model").Select(row => row[Array.IndexOf(rows[0], "group")])
        );
        Assert.EndsWith(",served_model", File.ReadLines(requests).First(), StringComparison.Ordinal);
        Assert.All(
            File.ReadLines(requests).Skip(1),
            line =>
                Assert.EndsWith(
                    line.Contains(",small,", StringComparison.Ordinal) ? $",{Small}" : $",{Large}",
                    line,
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void A_trace_names_models_in_a_column()
    {
        var trace = Write(
            "t.csv",
            $"at,in,out,which\n0,500,20,Qwen3-8B\n1,500,20,\n2,500,20,{Large}\n3,500,20,GPT-4\n"
        );
        var requests = _folder.File("r.csv");
        Ok(
            "run",
            "--cluster",
            Write("two.json", Cluster),
            "--trace_path",
            trace,
            "--columns",
            "arrival=at,input=in,output=out,model=which",
            "--requests_output",
            requests
        );

        var lines = File.ReadLines(requests).Skip(1).ToArray();
        Assert.Equal([Small, Large, Large, "GPT-4"], lines.Select(line => line.Split(',')[^1]));
        Assert.Contains(",no instance serves GPT-4,rejected,", lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "\"Qwen3-8B\"",
        "\"Qwen3-9B\"",
        ":2: model: model 'Qwen3-9B' is unknown. Did you mean 'Qwen3-"
    )]
    [InlineData("\"Qwen3-8B\"", "8", ":2: model: found 8; allowed: the name of a model, in quotes")]
    [InlineData(
        "\"role\": \"decode\"",
        "\"role\": \"prefill\"",
        "the cluster has no decode instance of Qwen/Qwen3-8B"
    )]
    public void A_wrong_cluster_is_told(string right, string wrong, string message)
    {
        var at = Cluster.IndexOf(right, StringComparison.Ordinal);
        Fails(Cluster[..at] + wrong + Cluster[(at + right.Length)..], Mix, message);
    }

    [Theory]
    [InlineData(
        "model: Qwen3-8B",
        "model: Qwen3-4B",
        "mix.yaml:2:model: no instance serves 'Qwen3-4B'; allowed: Qwen/Qwen3-8B, unsloth/Llama-3.3-70B-Instruct. Did you mean 'Qwen3-8B'?"
    )]
    [InlineData("model: Qwen3-8B", "model: []", "mix.yaml:2:model: a value is expected here")]
    public void A_class_whose_model_nobody_serves_is_told_before_the_run(
        string right,
        string wrong,
        string message
    ) => Fails(Cluster, Mix.Replace(right, wrong, StringComparison.Ordinal), message);

    [Fact]
    public void Requests_that_name_no_model_need_an_instance_of_the_clusters()
    {
        var small =
            Cluster[
                ..Cluster.IndexOf(
                    "  { \"role\": \"prefill\", \"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 4",
                    StringComparison.Ordinal
                )
            ] + "]";
        Fails(
            small,
            Mix,
            "mix.yaml:3:model: missing, and no instance serves unsloth/Llama-3.3-70B-Instruct; allowed: Qwen/Qwen3-8B"
        );
        var run = CliRun.Of("run", "--cluster", Write("small.json", small), "--request_count", "5");
        Assert.Contains(
            "model: requests ask for unsloth/Llama-3.3-70B-Instruct, which no instance serves; allowed: Qwen/Qwen3-8B",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_model_has_to_fit_its_instances() =>
        Fails(
            Cluster.Replace("Qwen3-8B", "Qwen3-235B-A22B", StringComparison.Ordinal),
            Mix.Replace("Qwen3-8B", "Qwen3-235B-A22B", StringComparison.Ordinal),
            "tp_size: Qwen/Qwen3-235B-A22B ("
        );

    [Fact]
    public void Members_of_a_group_serve_one_model()
    {
        const string Group = """
            [
              { "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "engine": { "data_parallel_group": "a" } },
              { "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "model": "Qwen3-8B", "engine": { "data_parallel_group": "a" } }
            ]
            """;
        Fails(Group, Mix, "data_parallel_group: the members of a serve different models; allowed: one model");
    }

    private void Fails(string cluster, string mix, string message)
    {
        var run = CliRun.Of(
            "run",
            "--cluster",
            Write("two.json", cluster),
            "--mix",
            Write("mix.yaml", mix),
            "--request_count",
            "5"
        );
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    /// <summary>Lengths and times of each request of a class, from the arrival of its first.</summary>
    private string[] Times(
        string name,
        string cluster,
        IEnumerable<string> requests,
        string transfer,
        string model
    )
    {
        var output = _folder.File("times.csv");
        Ok(
            "run",
            "--model",
            model,
            "--cluster",
            Write("c.json", cluster),
            "--trace_path",
            Write("t.jsonl", string.Join('\n', requests)),
            "--arrivals",
            "trace",
            "--kv_transfer",
            transfer,
            "--requests_output",
            output
        );
        var rows = File.ReadLines(output).Select(line => line.Split(',')).ToArray();
        int Column(string column) => Array.IndexOf(rows[0], column);
        decimal Number(string[] row, string column) =>
            decimal.Parse(row[Column(column)], CultureInfo.InvariantCulture);
        var ofClass = rows.Skip(1).Where(row => row[Column("class")] == name).ToArray();
        var first = Number(ofClass[0], "arrival");
        string[] times = ["arrival", "prefill_start", "kv_transfer_finish", "decode_start", "finish"];
        return
        [
            .. ofClass.Select(row =>
                FormattableString.Invariant(
                    $"{row[Column("input_length")]} {row[Column("output_length")]} {string.Join(' ', times.Select(time => (Number(row, time) - first).ToString("F9", CultureInfo.InvariantCulture)))}"
                )
            ),
        ];
    }

    private string[] Both() => ["--cluster", Write("two.json", Cluster), "--mix", Write("mix.yaml", Mix)];

    private string Write(string name, string content) => _folder.Write(name, content);

    private static string Ok(params string[] args)
    {
        var run = CliRun.Of(args);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Out;
    }
}
