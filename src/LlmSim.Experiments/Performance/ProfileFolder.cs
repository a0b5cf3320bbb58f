using System.Globalization;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>
/// A folder of measurements: meta.yaml, and in tpN for each degree N of tensor parallelism dense.csv, per_sequence.csv,
/// attention.csv, in tp1 also moe.csv for a model with experts, and skew_fit.csv where meta.yaml names it. Times are in
/// microseconds for one layer on one accelerator.
/// </summary>
internal static class ProfileFolder
{
    /// <summary>What a layer may take. More is another unit, and would end the clock.</summary>
    private static readonly FigureRange s_microseconds = new(0, 1e12, "us");

    private const string MetaFile = "meta.yaml";

    /// <summary>Slices of attention are found for all pairs of what was measured.</summary>
    private const int MostPairs = 100_000;

    /// <summary>Reads a profile.</summary>
    /// <param name="path">The folder with the meta.yaml, or one above it if there is only one such, or one named bf16.</param>
    /// <exception cref="UserErrorException">There is no profile, or a file of it is wrong; the message says where.</exception>
    public static MeasuredProfile Load(string path)
    {
        var folder = Variant(path);
        var meta = ProfileMeta.Read(Path.Combine(folder, MetaFile));
        var degrees = Degrees(folder);
        var skew = meta.SkewFit?.Corrections(folder, degrees) ?? [];
        return new()
        {
            SourceName = folder,
            Model = meta.Model,
            Hardware = meta.Hardware,
            Variant = meta.Variant,
            Notice = meta.Notice,
            Shards = degrees.ToDictionary(tp => tp, tp => Shard(folder, tp, skew.GetValueOrDefault(tp))),
            Experts = Experts(Path.Combine(folder, "tp1", "moe.csv")),
        };
    }

    private static string Variant(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new UserErrorException($"{path}: no such folder; a folder with a {MetaFile} is expected");
        }

        if (File.Exists(Path.Combine(path, MetaFile)))
        {
            return path;
        }

        string[] variants =
        [
            .. InputFolder.Folders(path).Where(folder => File.Exists(Path.Combine(folder, MetaFile))),
        ];
        return variants switch
        {
            [var only] => only,
            [] => throw new UserErrorException(
                $"{path}: no {MetaFile} here, nor in a folder of it; is it the folder of another level?"
            ),
            _ => Array.Find(variants, folder => Path.GetFileName(folder) == "bf16")
                ?? throw new UserErrorException(
                    $"{path}: has several profiles; give one of {string.Join(", ", variants)}"
                ),
        };
    }

    private static int[] Degrees(string folder)
    {
        int[] degrees = [.. InputFolder.Folders(folder, "tp*").Select(Degree).Where(tp => tp > 0).Order()];
        return degrees.Length > 0
            ? degrees
            : throw new UserErrorException($"{folder}: has no folder tp1, tp2, …");
    }

    private static int Degree(string folder)
    {
        var name = Path.GetFileName(folder);
        return
            int.TryParse(name.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var tp)
            && name == NameOf(tp)
            ? tp
            : 0;
    }

    private static string NameOf(int tpSize) => string.Create(CultureInfo.InvariantCulture, $"tp{tpSize}");

    private static MeasuredShard Shard(string folder, int tpSize, SkewCorrection? skew)
    {
        var shard = Path.Combine(folder, NameOf(tpSize));
        return new()
        {
            Dense = Curves(Path.Combine(shard, "dense.csv"), "tokens"),
            PerSequence = Curves(Path.Combine(shard, "per_sequence.csv"), "sequences"),
            Attention = Attention(Path.Combine(shard, "attention.csv")),
            Skew = skew,
        };
    }

    private static Dictionary<string, Curve> Curves(string path, string axis)
    {
        var points = ProfileTable.Read(
            path,
            ["layer", axis, "time_us"],
            line => (Layer: line.Text(0), Point: new CurvePoint(line.Count(1), Seconds(line, 2)))
        );
        return points
            .GroupBy(row => row.Layer, row => row.Point)
            .ToDictionary(layer => layer.Key, layer => new Curve(layer));
    }

    private static AttentionTable Attention(string path)
    {
        var points = ProfileTable.Read(
            path,
            ["prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us"],
            line => new AttentionPoint(
                line.Count(0),
                line.Count(1),
                line.Count(2),
                line.Count(3),
                Seconds(line, 4)
            )
        );
        var prefills = points.Select(point => point.PrefillTokens).Distinct().Count();
        var decodes = points.Select(point => point.DecodeRequests).Distinct().Count();
        return (long)prefills * decodes <= MostPairs
            ? new(points)
            : throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: has {prefills:N0} values of prefill_chunk and {decodes:N0} of n_decode; allowed are {MostPairs:N0} pairs of them"
                )
            );
    }

    private static ExpertTable? Experts(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var points = ProfileTable.Read(
            path,
            ["tokens", "activated_experts", "time_us"],
            line => new ExpertPoint(line.Count(0), line.Count(1), Seconds(line, 2))
        );
        return new(points);
    }

    private static double Seconds(in ProfileLine line, int column) =>
        line.Number(column, s_microseconds) / 1e6;
}
