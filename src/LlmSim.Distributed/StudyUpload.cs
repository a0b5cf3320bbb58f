using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Distributed;

/// <summary>What the simulations of a sweep read, stored for its workers.</summary>
internal sealed class StudyUpload
{
    private readonly IReadOnlyList<(string Path, string Content)> _files;
    private readonly byte[] _manifest;

    private StudyUpload(IReadOnlyList<(string Path, string Content)> files, StudyManifest manifest)
    {
        _files = files;
        _manifest = QueueJson.Write(manifest);
        HasCode = manifest.Code.Count > 0;
        Outputs = manifest.Outputs.ToString();
        Hash = ContentHash.Of(_manifest);
    }

    /// <summary>Whether it has code of the user.</summary>
    public bool HasCode { get; }

    /// <summary>The files of points that are asked for, in words.</summary>
    public string Outputs { get; }

    /// <summary>The hash of its manifest.</summary>
    public string Hash { get; }

    /// <summary>All that is stored.</summary>
    public IEnumerable<string> Contents => _files.Select(file => file.Content).Append(Hash);

    /// <summary>Of points that are loaded: what the command has read by now is what they read.</summary>
    /// <exception cref="UserErrorException">A file cannot be read again.</exception>
    public static StudyUpload Of(
        IReadOnlyList<PreparedPoint> points,
        PointFiles files,
        double codeTimeoutSeconds,
        Func<string, string> hashOf
    )
    {
        var configurations = points.Select(point => point.Point.Configuration).ToArray();
        var folders = configurations[0].Catalogs.Folders;
        NamedPolicy[] named = [.. configurations.SelectMany(Experiment.NamedPolicies).Distinct()];
        (string Path, string Content)[] read =
        [
            .. FileClaims.Inputs.Where(UnixFile.IsRegular).Select(path => (path, hashOf(path))),
        ];
        StudyFile[] stored =
        [
            .. read.Select(file => new StudyFile(StudyPaths.FromHere(file.Path), file.Content)),
        ];
        string?[] given = [folders.Policies, folders.Models, folders.Hardware, folders.Engines];
        var paths = Array.ConvertAll(given, StudyPaths.Of);
        var manifest = new StudyManifest(
            stored
                .Select(file => file.Path)
                .Concat(paths.OfType<string>())
                .Select(StudyPaths.Depth)
                .DefaultIfEmpty(0)
                .Max(),
            paths[0],
            paths[1],
            paths[2],
            paths[3],
            [
                .. Catalogs.OwnPolicies(folders, named),
                .. configurations
                    .Select(configuration => configuration.Performance)
                    .Where(OwnPerformanceFiles.IsOwn)
                    .Distinct()
                    .Select(source => $"performance {source}"),
            ],
            codeTimeoutSeconds,
            [.. named.Select(policy => new StudyPolicy(policy.Decision, policy.Text))],
            OutputsOf(files.Asked),
            stored
        );
        return new StudyUpload(read, manifest);
    }

    /// <summary>Stores what the server does not have.</summary>
    /// <exception cref="UserErrorException">It has no room.</exception>
    public async Task StoreAsync(InputStore store, CancellationToken cancellation)
    {
        foreach (var (path, content) in _files)
        {
            await store.PutAsync(path, content, cancellation).ConfigureAwait(false);
        }

        await store.PutAsync(_manifest, cancellation).ConfigureAwait(false);
    }

    private static StudyOutputs OutputsOf(OutputPaths outputs) =>
        new(
            Path.GetFileName(outputs.Requests),
            Path.GetFileName(outputs.Samples?.QueueStates),
            Path.GetFileName(outputs.Samples?.MemoryUsage),
            outputs.Samples?.IntervalSeconds,
            outputs.Samples?.EventRate ?? 0,
            outputs.Samples?.RowLimit ?? 0,
            outputs.Verify
        );
}
