using System.Globalization;

namespace LlmSim.Workloads;

/// <summary>A picture of a request.</summary>
/// <param name="Width">Pixels; 0 while its size is to be drawn.</param>
/// <param name="Height">Pixels; 0 while its size is to be drawn.</param>
/// <param name="Id">Equal ids are equal pictures; null for one that no other request has.</param>
internal readonly record struct ImageSize(int Width, int Height, long? Id = null)
{
    /// <summary>Far above any picture, so that products stay within 64 bits.</summary>
    private const int LargestSide = 1_000_000;

    /// <summary>Most pictures of a request.</summary>
    public const int MostImages = 100_000;

    /// <summary>What a list of pictures may be.</summary>
    public const string AllowedList =
        "pictures as WIDTHxHEIGHT, separated by spaces, each with an @ID if others are equal to it, or a number of them";

    /// <summary>Whether its size is known.</summary>
    public bool IsKnown => Width > 0;

    /// <summary>Reads 1024x768, or 1024x768@17.</summary>
    public static bool TryParse(string text, out ImageSize image)
    {
        image = default;
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

        var sides = (at < 0 ? text : text[..at]).Split('x');
        if (
            sides is not [var first, var second]
            || !TrySide(first, out var width)
            || !TrySide(second, out var height)
        )
        {
            return false;
        }

        image = new(width, height, at < 0 ? null : id);
        return true;
    }

    /// <summary>Reads pictures of a row of a trace: their sizes, or how many there are.</summary>
    /// <param name="text">The text.</param>
    /// <param name="images">The pictures; null for none.</param>
    public static bool TryParseList(string text, out IReadOnlyList<ImageSize>? images)
    {
        images = null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var count))
        {
            if (count < 0 || count > MostImages || count != Math.Floor(count))
            {
                return false;
            }

            images = count == 0 ? null : new ImageSize[(int)count];
            return true;
        }

        var all = new List<ImageSize>();
        foreach (var word in text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (all.Count == MostImages || !TryParse(word, out var image))
            {
                return false;
            }

            all.Add(image);
        }

        images = all.Count == 0 ? null : all;
        return true;
    }

    public override string ToString() =>
        Id is { } id
            ? string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}@{id}")
            : string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");

    private static bool TrySide(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side)
        && side is >= 1 and <= LargestSide;
}
