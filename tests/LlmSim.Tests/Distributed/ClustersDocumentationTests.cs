using k8s;
using k8s.Models;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using Xunit;
using YamlDotNet.Core;

namespace LlmSim.Tests.Distributed;

/// <summary>What docs/clusters.md shows.</summary>
[Collection(WorkingFolderTests.Name)]
public sealed class ClustersDocumentationTests
{
    private static readonly string s_page = File.ReadAllText(
        Path.Combine(Repository.Root, "docs/clusters.md")
    );

    [Fact]
    public void The_shards_run_as_they_stand_there()
    {
        using var folder = new WorkingFolder();
        folder.Files.Write(
            "sweep.yaml",
            "base: {request_count: 20}\ngrid: {lambda_arrival: [1, 2]}\nreplications: 2\n"
        );
        var commands = Blocks("sh").First().Trim().Split('\n');

        var runs = Array.ConvertAll(commands, command => CliRun.Of([.. command.Split(' ').Skip(1)]));

        Assert.Equal(3, runs.Length);
        Assert.All(runs, run => Assert.Equal((0, ""), (run.ExitCode, run.Error)));
        Assert.Equal(5, File.ReadAllLines(folder.Files.File("results.csv")).Length);
    }

    [Fact]
    public void The_Slurm_array_counts_from_one_as_shards_do()
    {
        var script = Blocks("bash").First();

        Assert.Contains("--array=1-64", script, StringComparison.Ordinal);
        Assert.Contains(
            "--shard \"$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT\" --resume",
            script,
            StringComparison.Ordinal
        );
    }

    /// <summary>Read strictly, with the types that are made from the API's own description: an unknown field is an error.</summary>
    [Fact]
    public void The_Kubernetes_files_have_fields_of_the_API_alone()
    {
        var blocks = Blocks("yaml").ToArray();
        var job = KubernetesYaml.Deserialize<V1Job>(blocks[0], strict: true);
        var deployment = KubernetesYaml.Deserialize<V1Deployment>(blocks[1], strict: true);

        Assert.Equal(2, blocks.Length);
        Assert.Equal(("batch/v1", "Job"), (job.ApiVersion, job.Kind));
        Assert.Equal("Indexed", job.Spec.CompletionMode);
        Assert.Contains(
            $"))/{job.Spec.Completions} --resume",
            job.Spec.Template.Spec.Containers[0].Args[0],
            StringComparison.Ordinal
        );
        Assert.Equal(("apps/v1", "Deployment"), (deployment.ApiVersion, deployment.Kind));
        Assert.Equal(deployment.Spec.Selector.MatchLabels, deployment.Spec.Template.Metadata.Labels);
        Assert.ThrowsAny<YamlException>(() =>
            KubernetesYaml.Deserialize<V1Job>(
                blocks[0].Replace("completionMode", "completionsMode", StringComparison.Ordinal),
                strict: true
            )
        );
    }

    private static IEnumerable<string> Blocks(string language) =>
        s_page
            .Split("```" + language + "\n")
            .Skip(1)
            .Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);
}
