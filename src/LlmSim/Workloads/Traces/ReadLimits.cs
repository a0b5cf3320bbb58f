using System.Globalization;

namespace LlmSim.Workloads.Traces;

/// <summary>How much of a file is read before it is refused, so that no file fills the memory or takes for ever.</summary>
internal sealed record ReadLimits
{
    private const int Mebibyte = 1 << 20;

    /// <summary>The largest <see cref="Factor" />: arrays of .NET hold up to 2 GiB.</summary>
    public const int LargestFactor = 16;

    /// <summary>All limits are so many times as large as usual.</summary>
    public int Factor { get; init; } = 1;

    /// <summary>What a user does to raise them, for errors; empty where they cannot be raised.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Of a record: a line, a row with its quoted line feeds, a value of JSON.</summary>
    public int RecordBytes => 16 * Mebibyte * Factor;

    /// <summary>Of spaces and line ends between two records.</summary>
    public int BlankBytes => 16 * Mebibyte * Factor;

    /// <summary>Of a JSON document that holds all requests. Reports of benchmarks are tens of MB; their texts can make them larger.</summary>
    public int ReportBytes => (int)Math.Min(512L * Mebibyte * Factor, Array.MaxLength);

    /// <summary>Of a file that is held in memory as a whole: a cluster, a sweep, a model.</summary>
    public long DocumentBytes => 32L * Mebibyte * Factor;

    /// <summary>Bytes that come out of one compressed byte, from <see cref="RatioFromBytes" /> on.</summary>
    public long Ratio => 500L * Factor;

    /// <summary>Less than this comes out of any compressed file.</summary>
    public long RatioFromBytes => 16L * Mebibyte * Factor;

    /// <summary>How long a pipe may give nothing.</summary>
    public TimeSpan Silence => TimeSpan.FromSeconds(30 * Factor);

    /// <summary>A limit in MiB, as errors show it.</summary>
    public static string Size(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / Mebibyte} MiB");
}
