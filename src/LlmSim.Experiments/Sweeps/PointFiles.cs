using System.Globalization;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A file of a point.</summary>
/// <param name="Option">The option that asks for it.</param>
/// <param name="Name">Its name, without its folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Content">SHA-256 of its content.</param>
internal sealed record PointFile(string Option, string Name, long Bytes, string Content);

/// <summary>
/// The files that a sweep writes for each point: <c>requests.csv</c> stands for <c>requests-HASH.csv</c>, whose hash is that of
/// the point's configuration, and for samples of what is sampled too. So a file keeps its name when the sweep grows.
/// </summary>
internal sealed class PointFiles
{
    private const int HashDigits = 16;

    private readonly OutputPaths _outputs;

    /// <summary>Of paths like those of a single run's files.</summary>
    /// <exception cref="UserErrorException">A path cannot be written, or its extension says no format.</exception>
    public PointFiles(OutputPaths outputs)
    {
        _outputs = outputs;
        using var trial = new OutputSet();
        foreach (var (option, path) in Paths(outputs))
        {
            OutputFile.RequirePath(option, path);
            _ = OutputFormat.IsParquet(option, path);
            // The files of points are beside a pipe, which a trial would wait for.
            if (!OutputFile.IsDirect(path))
            {
                trial.Add(option, path);
            }
        }
    }

    /// <summary>What was asked for.</summary>
    public OutputPaths Asked => _outputs;

    /// <summary>Whether the TTFT SLO of a point shows in its files.</summary>
    public bool ShowDeadlines => _outputs.Samples is { QueueStates: not null, EventRate: > 0 };

    /// <summary>Whether they go elsewhere at once, so that nobody waits for the disk to have them.</summary>
    public bool ArePassedOn { get; init; }

    /// <summary>Whether the figures of each point are to be recomputed from its records.</summary>
    public bool Verify => _outputs.Verify;

    /// <summary>The files of a point in the place of the paths that were given; samples and per-request results only.</summary>
    public OutputPaths Of(PreparedPoint point)
    {
        var samples = _outputs.Samples;
        var samplesHash = samples is null
            ? ""
            : InputFingerprint.HashText(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{point.Hash} {samples.IntervalSeconds} {samples.EventRate}"
                )
            );
        return new OutputPaths(
            WithHash(_outputs.Requests, point.Hash),
            Samples: samples is null
                ? null
                : samples with
                {
                    QueueStates = WithHash(samples.QueueStates, samplesHash),
                    MemoryUsage = WithHash(samples.MemoryUsage, samplesHash),
                }
        );
    }

    /// <summary>Where a file that a journal names is.</summary>
    public string PathOf(PointFile file) =>
        Path.Combine(
            Path.GetDirectoryName(Paths(_outputs).First(known => known.Option == file.Option).Path) ?? "",
            file.Name
        );

    /// <summary>Names, without their folder, of the files that a point has, by the option that asks for them.</summary>
    public IReadOnlyDictionary<string, string> Names(PreparedPoint point) =>
        Paths(Of(point)).ToDictionary(file => file.Option, file => Path.GetFileName(file.Path));

    /// <summary>The files of a point as they are on the disk.</summary>
    public IReadOnlyList<PointFile> Written(PreparedPoint point) =>
        [
            .. Paths(Of(point))
                .Select(file => new PointFile(
                    file.Option,
                    Path.GetFileName(file.Path),
                    new FileInfo(file.Path).Length,
                    FileHash.OfFile(file.Path)
                )),
        ];

    /// <summary>Whether all files of a point are as the journal says.</summary>
    /// <param name="point">The point.</param>
    /// <param name="entry">What the journal says of it.</param>
    /// <param name="onDamage">Is told of a file that is there and is another than was written.</param>
    public bool AreThere(PreparedPoint point, JournalEntry entry, Action<string> onDamage)
    {
        var areThere = true;
        foreach (var (option, path) in Paths(Of(point)))
        {
            var name = Path.GetFileName(path);
            var known = entry.Files.FirstOrDefault(file => file.Option == option && file.Name == name);
            var isKnown = known is not null && File.Exists(path);
            if (isKnown && Difference(path, known!) is { } difference)
            {
                onDamage($"{path}: {difference}");
                isKnown = false;
            }

            areThere &= isKnown;
        }

        return areThere;
    }

    private static string? Difference(string path, PointFile known)
    {
        try
        {
            return new FileInfo(path).Length == known.Bytes && FileHash.OfFile(path) == known.Content
                ? null
                : "has changed since it was written";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }

    private static IEnumerable<(string Option, string Path)> Paths(OutputPaths outputs)
    {
        (string Option, string? Path)[] all =
        [
            (OutputPaths.RequestsOption, outputs.Requests),
            (SampleOptions.QueueStatesOption, outputs.Samples?.QueueStates),
            (SampleOptions.MemoryUsageOption, outputs.Samples?.MemoryUsage),
        ];
        return all.Where(file => file.Path is not null).Select(file => (file.Option, file.Path!));
    }

    private static string? WithHash(string? path, string hash) =>
        path is null
            ? null
            : Path.Combine(
                Path.GetDirectoryName(path) ?? "",
                $"{Path.GetFileNameWithoutExtension(path)}-{hash[..HashDigits]}{Path.GetExtension(path)}"
            );
}
