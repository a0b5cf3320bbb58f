using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Distributed;

/// <summary>A study on a worker: the working directory of its sweep, built anew, and what was read there.</summary>
internal sealed class Study
{
    /// <summary>More would be a mistake, or an attack.</summary>
    private const int MostFoldersAbove = 64;

    private readonly SweepInputs _inputs = new();
    private readonly Catalogs _catalogs;

    private Study(string hash, StudyOutputs outputs, string folder, Catalogs catalogs)
    {
        (Hash, _catalogs) = (hash, catalogs);
        Files = new PointFiles(
            new OutputPaths(
                InFolder(outputs.Requests),
                Samples: outputs is { QueueStates: null, MemoryUsage: null }
                    ? null
                    : new SampleOptions(
                        InFolder(outputs.QueueStates),
                        InFolder(outputs.MemoryUsage),
                        outputs.IntervalSeconds,
                        outputs.EventRate,
                        outputs.RowLimit
                    )
            )
            {
                Verify = outputs.Verify,
            }
        )
        {
            ArePassedOn = true,
        };

        string? InFolder(string? name) => name is null ? null : Path.Combine(folder, Path.GetFileName(name));
    }

    /// <summary>The hash of the manifest.</summary>
    public string Hash { get; }

    /// <summary>The files of its points.</summary>
    public PointFiles Files { get; }

    /// <summary>Gets what a study reads, and makes its working directory that of this process.</summary>
    /// <param name="hash">The hash of its manifest.</param>
    /// <param name="cache">Keeps what was got.</param>
    /// <param name="store">Has what it reads.</param>
    /// <param name="beforeCode">Told of the user's code before it is loaded.</param>
    /// <param name="tell">Told what was loaded.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InputMissingException">The server has not all of it.</exception>
    /// <exception cref="UserErrorException">This machine cannot use it.</exception>
    public static async Task<Study> OpenAsync(
        string hash,
        InputCache cache,
        InputStore store,
        Action<StudyManifest> beforeCode,
        Action<string> tell,
        CancellationToken cancellation
    )
    {
        var root = cache.NewStudy();
        var manifest =
            QueueJson.Read<StudyManifest>(
                await File.ReadAllBytesAsync(
                        await cache.PathOfAsync(hash, From(hash)).ConfigureAwait(false),
                        cancellation
                    )
                    .ConfigureAwait(false)
            ) ?? throw new InputMissingException($"{hash} is no description of a study");
        var here = manifest.Depth is >= 0 and <= MostFoldersAbove
            ? Path.Combine([root, .. Enumerable.Repeat("w", manifest.Depth)])
            : throw new InputMissingException($"{hash} reaches {manifest.Depth} folders above its own");
        Directory.CreateDirectory(here);
        foreach (var file in manifest.Files)
        {
            await cache
                .PlaceAsync(file.Content, Inside(root, here, file.Path), From(file.Content))
                .ConfigureAwait(false);
        }

        foreach (
            var folder in new[]
            {
                manifest.Policies,
                manifest.Models,
                manifest.Hardware,
                manifest.Engines,
            }.OfType<string>()
        )
        {
            Directory.CreateDirectory(Inside(root, here, folder));
        }

        Directory.SetCurrentDirectory(here);
        if (manifest.Code.Count > 0)
        {
            beforeCode(manifest);
        }

        var catalogs = Catalogs.Load(
            new ExtensionFolders(manifest.Policies, manifest.Models, manifest.Hardware, manifest.Engines),
            [.. manifest.Named.Select(policy => new NamedPolicy(policy.Decision, policy.Text))],
            tell
        );
        var outputs = Path.Combine(root, "results");
        Directory.CreateDirectory(outputs);
        return new Study(hash, manifest.Outputs, outputs, catalogs);

        Func<Stream, Task<bool>> From(string content) =>
            stream => store.GetAsync(content, stream, cancellation);
    }

    /// <summary>Loads the points of a simulation, and makes sure that they are those of the sweep.</summary>
    /// <exception cref="UserErrorException">They are not: this machine has other inputs, or lacks some.</exception>
    public IReadOnlyList<PreparedPoint> Prepare(SimulationMessage message)
    {
        var points = message.Points.Select(point => new SweepPoint(
            [],
            SummaryJson.ParseConfiguration(point.Configuration) with
            {
                Catalogs = _catalogs,
            }
        ));
        var prepared = PreparedSweep.Load([.. points], _inputs).Points;
        foreach (var (point, queued) in prepared.Zip(message.Points))
        {
            if (point.InputsHash != queued.Inputs || point.ConfigurationText != queued.Configuration)
            {
                throw new UserErrorException(
                    "what it would read is not what the sweep read: its installation has other models, accelerators or policies"
                );
            }
        }

        return
        [
            .. prepared.Zip(
                message.Points,
                (point, queued) => point with { Hash = queued.Hash, EndsBy = queued.EndsBy?.Rule() }
            ),
        ];
    }

    /// <summary>A path of the study as one of this machine, inside its folder.</summary>
    private static string Inside(string root, string here, string path)
    {
        var full = Path.GetFullPath(Path.Combine(here, path));
        return full.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new InputMissingException($"the path {path} leads out of the folder of the study");
    }
}
