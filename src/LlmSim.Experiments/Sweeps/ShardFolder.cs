using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Sweeps;

/// <summary>What a shard says of itself.</summary>
/// <param name="Number">Which shard, from 1.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Simulator">The simulator that runs it.</param>
/// <param name="Study">The whole sweep, see <see cref="PreparedSweep.Study" />.</param>
/// <param name="Command">The command, without what is the shard's own.</param>
internal sealed record ShardManifest(
    int Number,
    int Count,
    string Simulator,
    string Study,
    IReadOnlyList<string> Command
);

/// <summary>The folder of a shard: its manifest, its journal and the files of its points.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Manifest">What it is.</param>
internal sealed record ShardFolder(string Path, ShardManifest Manifest)
{
    private const string ManifestName = "shard.json";
    private const string JournalName = "journal.sqlite";

    public Shard Shard => new(Manifest.Number, Manifest.Count);

    /// <summary>The shard's own journal.</summary>
    public string JournalPath => System.IO.Path.Combine(Path, JournalName);

    /// <summary>The folder of a shard that is to be run, beside the results to come; it is made where it is missing.</summary>
    /// <exception cref="UserErrorException">There is no result file, or the folder cannot be made.</exception>
    public static ShardFolder Of(
        SweepOptions options,
        Shard shard,
        PreparedSweep sweep,
        IReadOnlyList<string> command
    )
    {
        if (options.JournalPath is not { } journal)
        {
            throw new UserErrorException(
                "--shard: give the result file of the sweep (--csv_output); the folders of its shards are beside it."
            );
        }

        var name = System.IO.Path.ChangeExtension(journal, null);
        if (name.EndsWith(".journal", StringComparison.Ordinal))
        {
            name = System.IO.Path.ChangeExtension(name, null);
        }

        var path = System.IO.Path.Combine(
            name + ".shards",
            string.Create(CultureInfo.InvariantCulture, $"{shard.Number}-of-{shard.Count}")
        );
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--shard: {path}: cannot be made: {e.Message}", e);
        }

        return new ShardFolder(
            path,
            new ShardManifest(
                shard.Number,
                shard.Count,
                InputFingerprint.Simulator.Content,
                sweep.Study,
                command
            )
        );
    }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserErrorException">It is no shard's.</exception>
    public static ShardFolder Read(string path)
    {
        var file = System.IO.Path.Combine(path, ManifestName);
        if (!File.Exists(file))
        {
            throw new UserErrorException(
                $"{path}: is no folder of a shard: it has no {ManifestName}; --shard makes them."
            );
        }

        try
        {
            using var stream = InputFile.Open(file);
            var manifest = JsonSerializer.Deserialize(stream, ShardJson.Default.ShardManifest);
            return
                manifest is { Number: >= 1, Command.Count: > 0, Simulator: not null, Study: not null }
                && manifest.Number <= manifest.Count
                ? new ShardFolder(path, manifest)
                : throw new UserErrorException($"{file}: is not what a shard writes; run that shard again.");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{file}: is not what a shard writes: {e.Message}", e);
        }
    }

    /// <summary>Writes what the shard is.</summary>
    public void Write() =>
        OutputFile.Write(
            "--shard",
            System.IO.Path.Combine(Path, ManifestName),
            JsonSerializer.Serialize(Manifest, ShardJson.Default.ShardManifest) + "\n"
        );

    /// <summary>The options of the sweep with all that is written in this folder.</summary>
    public SweepOptions Options(SweepOptions options) =>
        options with
        {
            Outputs = Outputs(options.Outputs),
            JournalPath = JournalPath,
        };

    /// <summary>The files of points in this folder.</summary>
    public OutputPaths Outputs(OutputPaths outputs) =>
        new(
            Here(outputs.Requests),
            Samples: outputs.Samples is { } samples
                ? samples with
                {
                    QueueStates = Here(samples.QueueStates),
                    MemoryUsage = Here(samples.MemoryUsage),
                }
                : null
        )
        {
            Verify = outputs.Verify,
        };

    private string? Here(string? path) =>
        path is null ? null : System.IO.Path.Combine(Path, System.IO.Path.GetFileName(path));
}

/// <summary>Generated: no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true
)]
[JsonSerializable(typeof(ShardManifest))]
internal sealed partial class ShardJson : JsonSerializerContext;
