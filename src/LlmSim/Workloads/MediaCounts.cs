using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>How many media of a kind a request has.</summary>
/// <param name="Fewest">At least.</param>
/// <param name="Most">At most; each number in between is as probable.</param>
internal readonly record struct MediaCounts(int Fewest, int Most)
{
    /// <summary>Reads a number, or the fewest and the most as in 0-4.</summary>
    /// <exception cref="UserErrorException">It is neither.</exception>
    public static MediaCounts Parse(string option, string text)
    {
        var parts = text.Split('-');
        return
            parts.Length is 1 or 2
            && TryCount(parts[0], out var fewest)
            && TryCount(parts[^1], out var most)
            && fewest <= most
            && most > 0
            ? new(fewest, most)
            : throw new UserErrorException(
                $"{option}: found '{text}'; allowed: a whole number from 1 to {MediaItem.MostImages}, or the fewest and the most as in 0-4"
            );
    }

    /// <summary>Reads sizes, several of equal probability separated by a bar.</summary>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static MediaItem[] Sizes(string option, string text) =>
        [
            .. text.Split('|')
                .Select(word =>
                    MediaItem.TrySize(word, out var size)
                        ? size
                        : throw new UserErrorException(
                            $"{option}: found '{word}'; allowed: WIDTHxHEIGHT in pixels, each from 1 to 1000000, as in 1024x768, or several as in 1024x768|512x512"
                        )
                ),
        ];

    /// <summary>Media of a request, drawn among some.</summary>
    public MediaItem[] Draw(RandomStream random, MediaItem[] among)
    {
        var items = new MediaItem[Fewest + random.Next(Most - Fewest + 1)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = among[random.Next(among.Length)];
        }

        return items;
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count)
        && count <= MediaItem.MostImages;
}
