using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Distributed;

/// <summary>
/// Paths as a worker has them: relative to the working directory of the sweep. A worker builds that folder anew, so that relative
/// paths stay as they are.
/// </summary>
internal static class StudyPaths
{
    private static readonly string[] s_sourcesWithPaths =
    [
        PerformanceSource.KernelsPrefix,
        PerformanceSource.MeasuredPrefix,
        PerformanceSource.OwnPrefix,
    ];

    /// <summary>The configuration with paths that a worker has too.</summary>
    /// <exception cref="UserErrorException">One is a pipe, which can be read once only.</exception>
    public static RunConfiguration Relative(RunConfiguration configuration) =>
        configuration with
        {
            TracePath = OfFile(configuration.TracePath),
            Mix = OfFile(configuration.Mix),
            RateProfile = OfFile(configuration.RateProfile),
            PrefillConfig = OfFile(configuration.PrefillConfig),
            DecodeConfig = OfFile(configuration.DecodeConfig),
            Cluster = OfFile(configuration.Cluster),
            Model = configuration.Model.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? OfFile(configuration.Model)!
                : configuration.Model,
            Performance = OfSource(configuration.Performance),
        };

    /// <summary>The configuration of a point as a worker has it.</summary>
    public static string ConfigurationText(PreparedPoint point) =>
        SummaryJson.Text(Relative(point.Point.Configuration));

    /// <summary>A path from the working directory, with slashes; one that is relative stays as it is.</summary>
    public static string? Of(string? path) =>
        path is null || !Path.IsPathRooted(path) ? path : FromHere(path);

    /// <summary>A path from the working directory, with slashes, whatever it was.</summary>
    public static string FromHere(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), Path.GetFullPath(path))
            .Replace('\\', '/');
        return Path.IsPathRooted(relative)
            ? throw new UserErrorException(
                $"--queue: {path} is on another drive than the working directory; give a file of the same one."
            )
            : relative;
    }

    /// <summary>How many folders above the working directory a path goes.</summary>
    public static int Depth(string path)
    {
        var (depth, above) = (0, 0);
        foreach (var part in path.Split('/', '\\'))
        {
            depth +=
                part == ".." ? -1
                : part is "" or "." ? 0
                : 1;
            above = Math.Max(above, -depth);
        }

        return above;
    }

    private static string? OfFile(string? path) =>
        path is not null && UnixFile.IsSpecial(path)
            ? throw new UserErrorException(
                $"--queue: {path} is a pipe or a device, which workers cannot read; give a file."
            )
            : Of(path);

    private static string OfSource(string source) =>
        s_sourcesWithPaths.FirstOrDefault(prefix => source.StartsWith(prefix, StringComparison.Ordinal))
            is { } known
            ? known + Of(source[known.Length..])
            : source;
}
