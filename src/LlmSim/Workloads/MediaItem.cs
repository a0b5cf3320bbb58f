using System.Globalization;

namespace LlmSim.Workloads;

/// <summary>What a prompt may have behind its text, in this order.</summary>
internal enum MediaKind
{
    /// <summary>A picture.</summary>
    Image,

    /// <summary>A video, of which the sound is not heard.</summary>
    Video,

    /// <summary>A recording.</summary>
    Audio,
}

/// <summary>A picture, a video or a recording of a request.</summary>
/// <param name="Width">Pixels; 0 of a recording, and while its size is to be drawn.</param>
/// <param name="Height">Pixels; 0 as well.</param>
/// <param name="Id">Equal ids are equal media of a kind; null for one that no other request has.</param>
/// <param name="Seconds">Length of a video or a recording; 0 for a picture.</param>
/// <param name="FramesPerSecond">Frames of a video that are sampled; null for as many as its model samples unasked.</param>
internal readonly record struct MediaItem(
    int Width,
    int Height,
    long? Id = null,
    double Seconds = 0,
    double? FramesPerSecond = null
)
{
    /// <summary>Far above any picture, so that products stay within 64 bits.</summary>
    private const int LargestSide = 1_000_000;

    private const string SecondsUnit = "s";
    private const string RateUnit = "fps";

    /// <summary>Most pictures of a request.</summary>
    public const int MostImages = 100_000;

    /// <summary>Lengths of videos and sound.</summary>
    public static FigureRange SecondsRange { get; } = new(0, 1e6, "s", IsAboveLeast: true);

    /// <summary>Frames that are sampled.</summary>
    public static FigureRange RateRange { get; } = new(0, 1000, "frames/s", IsAboveLeast: true);

    /// <summary>What it is.</summary>
    public MediaKind Kind =>
        Seconds <= 0 ? MediaKind.Image
        : Width > 0 ? MediaKind.Video
        : MediaKind.Audio;

    /// <summary>Whether its size is known.</summary>
    public bool IsKnown => Width > 0 || Seconds > 0;

    /// <summary>What a list of one kind may be.</summary>
    public static string AllowedList(MediaKind kind) =>
        kind switch
        {
            MediaKind.Image =>
                "pictures as WIDTHxHEIGHT, separated by spaces, each with an @ID if others are equal to it, or a number of them",
            MediaKind.Audio =>
                "recordings as SECONDSs, separated by spaces, each with an @ID if others are equal to it",
            _ =>
                "videos as WIDTHxHEIGHT/SECONDSs or WIDTHxHEIGHT/SECONDSs/RATEfps, separated by spaces, each with an @ID if others are equal to it",
        };

    /// <summary>Reads a picture as 1024x768 or 1024x768@17, a video as 1280x720/10s, 1280x720/10s/2fps or 1280x720/10s@17, a recording as 30s or 30s@17.</summary>
    public static bool TryParse(string text, MediaKind kind, out MediaItem item)
    {
        item = default;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        long id = 0;
        if (
            at >= 0
            && !long.TryParse(
                text[(at + 1)..],
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out id
            )
        )
        {
            return false;
        }

        var parts = (at < 0 ? text : text[..at]).Split('/');
        var (seconds, rate) = (0.0, 0.0);
        var isRead = kind switch
        {
            MediaKind.Image => parts.Length == 1 && TrySize(parts[0], out item),
            MediaKind.Audio => parts.Length == 1
                && TryFigure(parts[0], SecondsUnit, SecondsRange, out seconds),
            _ => parts.Length is 2 or 3
                && TrySize(parts[0], out item)
                && TryFigure(parts[1], SecondsUnit, SecondsRange, out seconds)
                && (parts.Length == 2 || TryFigure(parts[2], RateUnit, RateRange, out rate)),
        };
        if (!isRead)
        {
            return false;
        }

        item = item with
        {
            Id = at < 0 ? null : id,
            Seconds = seconds,
            FramesPerSecond = rate > 0 ? rate : null,
        };
        return true;
    }

    /// <summary>Reads media of a row of a trace: each of them, or how many pictures there are.</summary>
    /// <param name="text">The text.</param>
    /// <param name="kind">What they are.</param>
    /// <param name="items">The media; null for none.</param>
    public static bool TryParseList(string text, MediaKind kind, out IReadOnlyList<MediaItem>? items)
    {
        items = null;
        if (
            kind == MediaKind.Image
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var count)
        )
        {
            if (count < 0 || count > MostImages || count != Math.Floor(count))
            {
                return false;
            }

            items = count == 0 ? null : new MediaItem[(int)count];
            return true;
        }

        var all = new List<MediaItem>();
        foreach (var word in text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (all.Count == MostImages || !TryParse(word, kind, out var item))
            {
                return false;
            }

            all.Add(item);
        }

        items = all.Count == 0 ? null : all;
        return true;
    }

    /// <summary>Two lists as one, by kinds.</summary>
    public static IReadOnlyList<MediaItem>? Join(
        IReadOnlyList<MediaItem>? some,
        IReadOnlyList<MediaItem>? others
    ) =>
        some is null ? others
        : others is null ? some
        : [.. some.Concat(others).OrderBy(item => item.Kind)];

    /// <summary>Reads 1024x768.</summary>
    public static bool TrySize(string text, out MediaItem item)
    {
        item = default;
        if (
            text.Split('x') is not [var first, var second]
            || !TrySide(first, out var width)
            || !TrySide(second, out var height)
        )
        {
            return false;
        }

        item = new(width, height);
        return true;
    }

    public override string ToString()
    {
        var rate = FramesPerSecond is { } frames ? Invariant($"/{frames}{RateUnit}") : "";
        var length = Invariant($"{Seconds}{SecondsUnit}");
        var size = Invariant($"{Width}x{Height}");
        var id = Id is { } own ? Invariant($"@{own}") : "";
        return Kind switch
        {
            MediaKind.Image => size + id,
            MediaKind.Audio => length + id,
            _ => $"{size}/{length}{rate}{id}",
        };
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static bool TryFigure(string text, string unit, FigureRange range, out double figure)
    {
        figure = 0;
        return text.EndsWith(unit, StringComparison.Ordinal)
            && double.TryParse(
                text[..^unit.Length],
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out figure
            )
            && range.Contains(figure);
    }

    private static bool TrySide(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side)
        && side is >= 1 and <= LargestSide;
}
