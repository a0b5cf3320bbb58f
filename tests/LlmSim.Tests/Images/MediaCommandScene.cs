using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>What tests of media on the command line have in common.</summary>
/// <param name="model">Takes them, unless a test names another.</param>
/// <param name="requests">How many there are, unless a test says so.</param>
public abstract class MediaCommandScene(string model, string requests) : IDisposable
{
    private protected const string Gpu = "\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 1";

    private protected TemporaryFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected CliRun Run(string cluster, params string[] options)
    {
        string[] named = options.Contains("--model") ? [] : ["--model", model];
        string[] source = options.Any(word => word is "--trace_path" or "--mix" or "--request_source")
            ? []
            : ["--request_source", "uniform", "--input_len", "1024", "--output_len", "8"];
        string[] count = options.Contains("--request_count") ? [] : ["--request_count", requests];
        return CliRun.Of([
            "run",
            .. named,
            "--cluster",
            Folder.Write("cluster.json", cluster),
            .. source,
            .. count,
            .. options,
        ]);
    }

    /// <summary>The one line of a run that is refused.</summary>
    private protected string Refusal(string cluster, params string[] options)
    {
        var run = Run(cluster, options);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        var last = run.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("llmsim: ", last, StringComparison.Ordinal);
        return last["llmsim: ".Length..];
    }

    /// <summary>A column by the numbers of the requests.</summary>
    private protected static double[] ById(ResultTable table, string column) =>
        [
            .. table
                .Numbers("id")[0]
                .Zip(table.Numbers(column)[0])
                .OrderBy(pair => pair.First)
                .Select(pair => pair.Second),
        ];

    /// <summary>What the result says of encoders.</summary>
    private protected static string EncoderOf(CliRun run)
    {
        using var json = JsonDocument.Parse(run.Out);
        return json.RootElement.GetProperty("summary").GetProperty("encoder").GetRawText();
    }
}
