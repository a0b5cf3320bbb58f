using LlmSim.Experiments.Extensions;
using LlmSim.Performance;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>Performance models of a user's own: <c>--performance mine:…</c>.</summary>
[Collection(WorkingFolderTests.Name)]
public sealed class OwnPerformanceTests : IDisposable
{
    private const string Sample = "samples/performance/derated.cs";

    private static readonly IterationBatch[] s_batches =
    [
        IterationBatch.OfPrompt(1000),
        IterationBatch.OfDecode(new(7, 9000, 3000)),
        Batches.Mixed([(100, 50)], [20, 300]),
    ];

    private readonly WorkingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_sample_is_the_template_is_the_text_of_the_page_and_takes_what_it_says()
    {
        var sample = File.ReadAllText(Path.Combine(Repository.Root, Sample));
        var made = PerformanceTemplate.Write("derated", _folder.Files.File("made"));
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/performance-models.md"));
        Assert.Equal(sample, File.ReadAllText(made).Replace(made, Sample, StringComparison.Ordinal));
        Assert.Contains($"```csharp\n{sample}```", page, StringComparison.Ordinal);

        var roofline = Scenes.Roofline(Semantics.Standard);
        var context = new PerformanceContext(
            Scenes.Llama70B,
            new Precision(),
            Scenes.Instance("NVIDIA_H100_SXM", 4),
            Semantics.Standard
        );
        var model = OwnPerformanceFiles.Load(made).Create(context);
        Assert.All(
            s_batches,
            batch => Assert.Equal(0.001 + (roofline.Seconds(batch) / 0.7), model.Seconds(batch))
        );
        Assert.Equal(roofline.Trend(s_batches[1]).Iterations, model.Trend(s_batches[1]).Iterations);
    }

    [Fact]
    public void A_model_of_a_file_keeps_the_contract_and_runs_by_file_and_by_name()
    {
        Assert.Equal(0, CliRun.Of("new", "performance", "my_times").ExitCode);

        var check = CliRun.Of("performance", "check", "mine:performance/my_times.cs");
        Assert.Equal((0, "llmsim: loaded performance/my_times.cs\n"), (check.ExitCode, check.Error));
        Assert.Equal(4, check.Out.Split("ok      ").Length - 1);
        Assert.Equal(0, Run("mine:performance/my_times.cs", "file.csv").ExitCode);
        Assert.Equal(0, Run("mine:my_times", "name.csv").ExitCode);
        Assert.Equal(0, Run("roofline", "bound.csv").ExitCode);

        Assert.Equal(Rows("file.csv"), Rows("name.csv"));
        Assert.NotEqual(Rows("bound.csv"), Rows("name.csv"));
    }

    [Theory]
    [InlineData("mine:absent.cs", "absent.cs: no such file")]
    [InlineData("mine:", "found 'mine:'; allowed are mine:FILE")]
    [InlineData("mine:notes.txt", "found 'mine:notes.txt'; allowed are mine:FILE")]
    [InlineData(
        "mine:named.cs:tow",
        "named.cs: has no performance model 'tow'. Did you mean 'two'? It has one, two."
    )]
    [InlineData("mine:named.cs", "named.cs: has several performance models: one, two. Name them")]
    [InlineData("mine:several.cs", "several.cs: has several performance models: A, B. Name them")]
    [InlineData("mine:none.cs", "none.cs: has no public class that implements IPerformanceModel")]
    [InlineData(
        "mine:constructor.cs",
        "constructor.cs: class A needs one public constructor, which takes a PerformanceContext or nothing"
    )]
    [InlineData("mine:broken.cs", "broken.cs:2:51: error CS0103: The name 'missing' does not exist")]
    [InlineData("mine:text.dll", "text.dll: ")]
    [InlineData(
        "mine:doubel",
        "there is no performance model 'mine:doubel'. Did you mean 'double'? There are double, double;"
    )]
    [InlineData(
        "mine:double",
        "'double' exists 2 times: performance/first.cs and performance/second.cs; rename one"
    )]
    [InlineData("mine:unfinished", "performance/unfinished.cs:1:")]
    [InlineData(
        "mine:nan.cs",
        "performance model nan.cs: for a batch of DecodeRequests 1, DecodeComputedTokens"
    )]
    [InlineData("mine:throwing.cs", "it threw InvalidOperationException: no idea (throwing.cs:2)")]
    [InlineData(
        "mine:constructing.cs",
        "performance model constructing.cs: its constructor: it threw InvalidOperationException: not here (constructing.cs:1)"
    )]
    public void What_cannot_be_used_is_an_error_that_says_why_and_leaves_no_result(
        string source,
        string message
    )
    {
        Write(
            "named.cs",
            Model("A", "1", "[PerformanceModel(\"one\")]") + Model("B", "1", "[PerformanceModel(\"two\")]")
        );
        Write("several.cs", Model("A", "1") + Model("B", "1"));
        Write("none.cs", "public sealed class A { }");
        Write(
            "constructor.cs",
            "public sealed class A(int x) : IPerformanceModel { public double Seconds(in IterationBatch batch) => x; }"
        );
        Write("broken.cs", Model("A", "missing"));
        Write("text.dll", "no program");
        Write("performance/first.cs", Model("A", "1", "[PerformanceModel(\"double\")]"));
        Write("performance/second.cs", Model("A", "1", "[PerformanceModel(\"double\")]"));
        Write("performance/unfinished.cs", "[PerformanceModel(\"unfinished\")] public sealed class");
        Write("nan.cs", Model("A", "batch.DecodeRequests > 0 ? double.NaN : 1"));
        Write("throwing.cs", Model("A", "throw new InvalidOperationException(\"no idea\")"));
        Write(
            "constructing.cs",
            "public sealed class A : IPerformanceModel { public A() => throw new InvalidOperationException(\"not here\"); "
                + "public double Seconds(in IterationBatch batch) => 1; }"
        );

        var run = Run(source, "result.csv");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists("result.csv"));
    }

    [Fact]
    public void One_of_several_is_asked_for_by_name_and_an_assembly_is_a_file_as_well()
    {
        var source =
            Model("A", "1", "[PerformanceModel(\"one\")]") + Model("B", "2", "[PerformanceModel(\"two\")]");
        Write("named.cs", source);
        File.WriteAllBytes("named.dll", SourceCompiler.Compile("named.cs", source));

        foreach (var file in new[] { "named.cs", "named.dll" })
        {
            Assert.Equal(2, Create($"{file}:two").Seconds(s_batches[0]));
            Assert.Equal(1, Create($"{file}:one").Seconds(s_batches[0]));
        }
    }

    [Fact]
    public void What_a_model_may_not_use_is_found_by_the_check()
    {
        Write("clock.cs", Model("A", "1 + DateTime.UtcNow.Ticks"));

        var check = CliRun.Of("performance", "check", "mine:clock.cs");

        Assert.Equal(1, check.ExitCode);
        Assert.Contains("System.DateTime.get_UtcNow", check.Out, StringComparison.Ordinal);
        Assert.Contains("FAILED  the same batch takes the same time", check.Out, StringComparison.Ordinal);
        Assert.Equal(
            "llmsim: loaded clock.cs\nllmsim: performance 'mine:clock.cs': 2 of 4 checks failed\n",
            check.Error
        );
    }

    [Fact]
    public void A_sweep_is_the_same_with_any_number_of_workers_and_names_a_file_that_was_edited()
    {
        Write("a.cs", Model("A", "0.01 * batch.Requests"));
        Write("b.cs", Model("A", "0.02 * batch.Requests"));

        Assert.Equal(0, Sweep("one.csv", "1", "--checkpoint_path", "journal").ExitCode);
        Assert.Equal(0, Sweep("two.csv", "2").ExitCode);
        Assert.Equal(Rows("one.csv"), Rows("two.csv"));
        Assert.Equal(0, Sweep("again.csv", "1", "--checkpoint_path", "journal", "--resume").ExitCode);
        Assert.Equal(Rows("one.csv"), Rows("again.csv"));

        Write("b.cs", Model("A", "0.03 * batch.Requests"));
        var resumed = Sweep("three.csv", "1", "--checkpoint_path", "journal", "--resume");
        Assert.Equal(1, resumed.ExitCode);
        Assert.Contains(
            "the performance model b.cs has changed since the sweep began",
            resumed.Error,
            StringComparison.Ordinal
        );
    }

    private static IPerformanceModel Create(string text) =>
        OwnPerformanceFiles
            .Load(text)
            .Create(
                new(
                    Scenes.Llama70B,
                    new Precision(),
                    Scenes.Instance("NVIDIA_H100_SXM", 4),
                    Semantics.Standard
                )
            );

    private static string Model(string name, string seconds, string attribute = "") =>
        $"{attribute} public sealed class {name} : IPerformanceModel {{\n"
        + $"public double Seconds(in IterationBatch batch) => {seconds}; }}\n";

    private void Write(string name, string text) => _folder.Files.Write(name, text);

    /// <summary>The rows of a summary from what the runs gave: not their number, nor the source's name.</summary>
    private static string[] Rows(string path) =>
        [.. Table.Read(path).Select(row => $"{row["ttft_mean"]} {row["tpot_mean"]} {row["e2e_mean"]}")];

    private static CliRun Run(string source, string csv) =>
        CliRun.Of([.. Arguments(csv), "--performance", source]);

    private static CliRun Sweep(string csv, string workers, params string[] options) =>
        CliRun.Of([
            .. Arguments(csv),
            "--n_jobs",
            workers,
            "--performance",
            "mine:a.cs",
            "mine:b.cs",
            .. options,
        ]);

    private static string[] Arguments(string csv) =>
        [
            "run",
            "--quiet",
            "--request_source",
            "lognormal",
            "--request_count",
            "40",
            "--lambda_arrival",
            "5",
            "--csv_output",
            csv,
        ];
}
