using System.Globalization;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The shards of one sweep: all of them, finished and unchanged.</summary>
internal sealed class ShardSet
{
    private readonly IReadOnlyList<ShardFolder> _shards;
    private readonly PreparedSweep _sweep;
    private readonly OutputPaths _outputs;

    private ShardSet(IReadOnlyList<ShardFolder> shards, PreparedSweep sweep, OutputPaths outputs) =>
        (_shards, _sweep, _outputs) = (shards, sweep, outputs);

    /// <summary>Reads the folders that are to be put together.</summary>
    /// <returns>In the order of their numbers.</returns>
    /// <exception cref="UserErrorException">They are not the shards of one sweep, each once.</exception>
    public static IReadOnlyList<ShardFolder> Read(IEnumerable<string> paths)
    {
        ShardFolder[] shards = [.. paths.Select(ShardFolder.Read)];
        var first = shards[0];
        foreach (var shard in shards.Skip(1))
        {
            RequireSame(first, shard);
        }

        foreach (var same in shards.GroupBy(shard => shard.Shard).Where(same => same.Skip(1).Any()))
        {
            throw new UserErrorException(
                $"{string.Join(" and ", same.Select(shard => shard.Path))}: both are shard {same.Key}; give each once."
            );
        }

        int[] missing =
        [
            .. Enumerable
                .Range(1, first.Manifest.Count)
                .Except(shards.Select(shard => shard.Manifest.Number)),
        ];
        return missing.Length == 0
            ? [.. shards.OrderBy(shard => shard.Manifest.Number)]
            : throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{missing.Length} of {first.Manifest.Count} shards are missing: {Words(missing)}; run them with --shard K/{first.Manifest.Count}, or name their folders too."
                )
            );
    }

    /// <summary>The same shards beside the sweep that they are of.</summary>
    /// <exception cref="UserErrorException">What the sweep reads has changed since they ran.</exception>
    public static ShardSet Open(IReadOnlyList<ShardFolder> shards, PreparedSweep sweep, OutputPaths outputs)
    {
        var manifest = shards[0].Manifest;
        if (manifest.Simulator != InputFingerprint.Simulator.Content)
        {
            throw new UserErrorException(
                $"{shards[0].Path}: is of llmsim {manifest.Simulator}; this is {InputFingerprint.Simulator.Content}. Merge with the one that ran the shards."
            );
        }

        return manifest.Study == sweep.Study
            ? new ShardSet(shards, sweep, outputs)
            : throw new UserErrorException(
                $"{shards[0].Path}: the sweep or what it reads has changed since its shards ran; give the former back, or run the shards again."
            );
    }

    /// <summary>Copies the points of all shards, with their files, into the journal of the whole.</summary>
    /// <exception cref="UserErrorException">A shard is not finished, or a file of it has changed.</exception>
    public void Collect(Journal journal, PointFiles files)
    {
        // All shards are looked at before the first point is copied.
        var collected = _shards.Select(shard => Finished(shard, files)).ToArray();
        journal.RequireUnchanged(_sweep.Inputs);
        foreach (var (shard, points) in _shards.Zip(collected))
        {
            Copy(shard, points.SelectMany(point => point.Entry.Files), files);
            journal.Commit(points);
        }
    }

    private FinishedPoint[] Finished(ShardFolder shard, PointFiles files)
    {
        var entries = Entries(shard);
        var indices = _sweep.PointsOf(shard.Shard, files.ShowDeadlines);
        var own = new PointFiles(shard.Outputs(_outputs));
        var points = new List<FinishedPoint>();
        string? damaged = null;
        foreach (var point in indices.Select(index => _sweep.Points[index]))
        {
            if (
                entries.TryGetValue(point.Hash, out var entry)
                && own.AreThere(point, entry, difference => damaged ??= difference)
            )
            {
                points.Add(new FinishedPoint(point.Hash, point.ConfigurationText, entry));
            }
        }

        return points.Count == indices.Count
            ? [.. points]
            : throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{shard.Path}: shard {shard.Shard} has {points.Count} of its {indices.Count} points{(damaged is null ? "" : $" ({damaged})")}; run it with --shard {shard.Shard} --resume."
                )
            );
    }

    private static IReadOnlyDictionary<string, JournalEntry> Entries(ShardFolder shard)
    {
        if (!File.Exists(shard.JournalPath))
        {
            return new Dictionary<string, JournalEntry>(StringComparer.Ordinal);
        }

        using var journal = Journal.Resume(shard.JournalPath);
        return journal.Entries();
    }

    private static void Copy(ShardFolder shard, IEnumerable<PointFile> points, PointFiles files)
    {
        foreach (var file in points)
        {
            using var copy = new OutputFile(file.Option, files.PathOf(file));
            using (var source = File.OpenRead(Path.Combine(shard.Path, file.Name)))
            {
                source.CopyTo(copy.Stream);
            }

            copy.Commit();
        }
    }

    private static void RequireSame(ShardFolder first, ShardFolder other)
    {
        var (a, b) = (first.Manifest, other.Manifest);
        if (a.Simulator != b.Simulator)
        {
            throw new UserErrorException(
                $"{first.Path} is of llmsim {a.Simulator}, {other.Path} of {b.Simulator}; results of both would be mixed."
            );
        }

        if (!a.Command.SequenceEqual(b.Command))
        {
            throw new UserErrorException(
                $"{first.Path} and {other.Path} are of two sweeps: {string.Join(' ', a.Command)}, and {string.Join(' ', b.Command)}."
            );
        }

        if (a.Study != b.Study)
        {
            throw new UserErrorException(
                $"{first.Path} and {other.Path} are of one command that read other inputs; run the shards again that read the former ones."
            );
        }

        if (a.Count != b.Count)
        {
            throw new UserErrorException(
                $"{first.Path} is shard {first.Shard}, {other.Path} is shard {other.Shard}: their points overlap; name the shards of one division."
            );
        }
    }

    private static string Words(int[] numbers)
    {
        const int Shown = 10;
        var text = string.Join(
            ", ",
            numbers.Take(Shown).Select(number => number.ToString(CultureInfo.InvariantCulture))
        );
        return numbers.Length > Shown ? text + ", …" : text;
    }
}
