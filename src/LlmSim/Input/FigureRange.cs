using System.Globalization;

namespace LlmSim.Input;

/// <summary>
/// The values that a figure of the input may have, with their unit. Every reader of figures (JSON, CSV, YAML, options) asks one, so
/// that what is computed from them neither overflows nor leaves the clock unnoticed.
/// </summary>
/// <param name="Least">The least.</param>
/// <param name="Most">The most; nothing is said of it where it is that of a double.</param>
/// <param name="Unit">The unit, as "bytes/s"; empty for shares and counts.</param>
/// <param name="IsAboveLeast">Whether the least itself is not among them.</param>
internal sealed record FigureRange(double Least, double Most, string Unit = "", bool IsAboveLeast = false)
{
    /// <summary>Whether a figure is in the range; NaN never is.</summary>
    public bool Contains(double figure) =>
        (IsAboveLeast ? figure > Least : figure >= Least) && figure <= Most;

    /// <summary>"above 0, up to 1e18 bytes/s", "from 1 to 1024".</summary>
    public override string ToString()
    {
        var least = IsAboveLeast ? $"above {Text(Least)}" : $"from {Text(Least)}";
        var most =
            Most == double.MaxValue ? ""
            : IsAboveLeast ? $", up to {Text(Most)}"
            : $" to {Text(Most)}";
        return Unit.Length == 0 ? least + most : $"{least}{most} {Unit}";
    }

    /// <summary>As it is written in files: 65536, 1e9.</summary>
    private static string Text(double figure) =>
        figure.ToString(
            Math.Abs(figure) is > 0 and (< 1e-4 or >= 1e8) ? "0.####e0" : "0.####",
            CultureInfo.InvariantCulture
        );
}

/// <summary>
/// Ranges of the figures that several readers have in common. They are far wider than anything that is built or measured: what is
/// outside is a typing error or a wrong unit.
/// </summary>
internal static class FigureRanges
{
    /// <summary>Bandwidth of a memory, a link or a port.</summary>
    public static FigureRange BytesPerSecond { get; } = new(1, 1e18, "bytes/s");

    /// <summary>Rate of arithmetic.</summary>
    public static FigureRange OpsPerSecond { get; } = new(1, 1e21, "operations/s");

    /// <summary>Rate of a kernel that looks at keys.</summary>
    public static FigureRange KeysPerSecond { get; } = new(1, 1e21, "keys/s");

    /// <summary>Memory that something has; sums over the 1,024 accelerators of an instance stay within 64 bits.</summary>
    public static FigureRange Bytes { get; } = new(1, 1e15, "bytes");

    /// <summary>Memory that something takes.</summary>
    public static FigureRange TakenBytes { get; } = new(0, 1e15, "bytes");

    /// <summary>A duration: thirty years, of the 292 that the simulated clock has.</summary>
    public static FigureRange Seconds { get; } = new(0, 1e9, "s");

    /// <summary>A duration that is never nothing.</summary>
    public static FigureRange PositiveSeconds { get; } = new(0, 1e9, "s", IsAboveLeast: true);

    /// <summary>A time since some beginning, such as 1970; a difference of two is on the simulated clock.</summary>
    public static FigureRange Timestamp { get; } = new(0, 9.2e9, "s");

    /// <summary>Power of an accelerator.</summary>
    public static FigureRange Watts { get; } = new(0, 1e6, "W", IsAboveLeast: true);

    /// <summary>A share of something.</summary>
    public static FigureRange Share { get; } = new(0, 1);

    /// <summary>A share that is never nothing.</summary>
    public static FigureRange PositiveShare { get; } = new(0, 1, IsAboveLeast: true);

    /// <summary>Arrivals: more in a second than the clock has instants cannot be told apart.</summary>
    public static FigureRange RequestsPerSecond { get; } = new(0, 1e9, "requests/s", IsAboveLeast: true);

    /// <summary>Length of a prompt or an output, or the mean of many.</summary>
    public static FigureRange MeanTokens { get; } = new(0, 1e7, "tokens", IsAboveLeast: true);

    /// <summary>Any limit in seconds: beyond the clock's end it is always met.</summary>
    public static FigureRange LimitSeconds { get; } = new(0, double.MaxValue, "s", IsAboveLeast: true);

    /// <summary>Accelerators of an instance.</summary>
    public static FigureRange TpSize { get; } = new(1, 1024);

    /// <summary>Stages of a pipeline: as many as any model has layers.</summary>
    public static FigureRange PpSize { get; } = new(1, 1024);

    /// <summary>Ranks that share the tokens of a prompt.</summary>
    public static FigureRange CpSize { get; } = new(1, 1024);

    /// <summary>Accelerators that experts are divided over.</summary>
    public static FigureRange ExpertParallel { get; } = new(1, 4096);

    /// <summary>Replicas of experts beside one of each.</summary>
    public static FigureRange RedundantExperts { get; } = new(0, 100_000);

    /// <summary>Accelerators that a link joins.</summary>
    public static FigureRange GpusPerNode { get; } = new(1, 100_000);

    /// <summary>Parts of an accelerator.</summary>
    public static FigureRange Multiprocessors { get; } = new(1, 1_000_000);

    /// <summary>Sizes and limits of a batch, in tokens, requests or blocks.</summary>
    public static FigureRange BatchSize { get; } = new(1, 1e9);
}
