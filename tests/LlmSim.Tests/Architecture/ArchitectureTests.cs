using System.Text.RegularExpressions;
using LlmSim.Experiments;
using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Architecture;

/// <summary>The rules of the layout, checked on what was compiled.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] s_layers =
    [
        "LlmSim.Kernel",
        "LlmSim",
        "LlmSim.OrTools",
        "LlmSim.Experiments",
        "LlmSim.Distributed",
        "LlmSim.Cli",
    ];

    [Fact]
    public void Dependencies_point_one_way()
    {
        for (var i = 0; i < s_layers.Length; i++)
        {
            var above = s_layers[i..];
            Assert.DoesNotContain(CompiledAssembly.Load(s_layers[i]).Assemblies, above.Contains);
        }
    }

    [Theory]
    [InlineData("System.CommandLine", "LlmSim.Cli")]
    [InlineData("Spectre.Console", "LlmSim.Cli")]
    [InlineData("Microsoft.CodeAnalysis.CSharp", "LlmSim.Experiments")]
    [InlineData("Parquet", "LlmSim.Experiments")]
    [InlineData("Sep", "LlmSim.Experiments")]
    [InlineData("ScottPlot", "LlmSim.Experiments")]
    [InlineData("SkiaSharp", "LlmSim.Experiments")]
    [InlineData("ZstdSharp", "LlmSim.Experiments")]
    [InlineData("NATS.Client.Core", "LlmSim.Distributed")]
    [InlineData("NATS.Client.JetStream", "LlmSim.Distributed")]
    [InlineData("Google.OrTools", "LlmSim.OrTools")]
    [InlineData("MathNet.Numerics", "LlmSim")]
    public void A_package_is_used_by_the_one_layer_that_needs_it(string package, string owner) =>
        Assert.Equal(
            [owner],
            s_layers.Where(layer => CompiledAssembly.Load(layer).Assemblies.Contains(package))
        );

    [Theory]
    [InlineData("LlmSim.Kernel")]
    [InlineData("LlmSim")]
    [InlineData("LlmSim.OrTools")]
    public void The_model_has_no_console_no_file_and_no_wall_clock(string layer)
    {
        string[] types =
        [
            "System.Console",
            "System.IO.File",
            "System.IO.FileInfo",
            "System.IO.FileStream",
            "System.IO.Directory",
            "System.Diagnostics.Stopwatch",
        ];
        string[] members =
        [
            "System.DateTime.get_Now",
            "System.DateTime.get_UtcNow",
            "System.DateTimeOffset.get_Now",
            "System.DateTimeOffset.get_UtcNow",
            "System.Environment.get_TickCount64",
            "System.Guid.NewGuid",
        ];
        var assembly = CompiledAssembly.Load(layer);

        Assert.Empty(assembly.Types.Intersect(types));
        Assert.Empty(assembly.Members.Intersect(members));
    }

    [Fact]
    public void These_rules_see_what_they_forbid()
    {
        // The upper layers do what the lower ones may not: a rule that finds nothing there would find nothing anywhere.
        Assert.Contains("System.Console", CompiledAssembly.Load("LlmSim.Cli").Types);
        Assert.Contains("System.IO.File", CompiledAssembly.Load("LlmSim.Experiments").Types);
        Assert.Contains("System.IO.File.Move", CompiledAssembly.Load("LlmSim.Experiments").Members);
    }

    [Fact]
    public void The_engine_knows_no_word_of_serving()
    {
        var sources = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "src/LlmSim.Kernel"), "*.cs")
            .ToArray();

        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.DoesNotMatch(WordsOfServing(), File.ReadAllText(source)));
    }

    [Fact]
    public void Public_types_are_sealed_or_made_to_be_extended()
    {
        var open = new[] { typeof(Simulation), typeof(Simulator), typeof(Experiment) }
            .SelectMany(type => type.Assembly.GetExportedTypes())
            .Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false });

        Assert.Empty(open);
    }

    [Fact]
    public void Source_files_are_short()
    {
        var separator = Path.DirectorySeparatorChar;
        var sources = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{separator}obj{separator}", StringComparison.Ordinal));

        var tooLong = sources.Where(path => File.ReadLines(path).Count() > 300).Select(Path.GetFileName);
        Assert.Empty(tooLong);
    }

    [GeneratedRegex(
        @"\b(?:prefill|decode|prompt|gpu|tensor|slos?\b|ttft|tpot|kv|batch|inference)",
        RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex WordsOfServing();
}
