namespace LlmSim.Performance;

/// <summary>How a model's processor makes tokens of a picture.</summary>
internal abstract record ImageRule
{
    /// <summary>Most tokens that its encoder makes of one picture.</summary>
    public abstract int MostEmbeddings { get; }

    /// <summary>What a picture of so many pixels comes to.</summary>
    /// <param name="width">At least 1.</param>
    /// <param name="height">At least 1.</param>
    /// <exception cref="UserErrorException">The processor refuses it.</exception>
    public abstract MediaShape Of(int width, int height);
}

/// <summary>A picture, or another medium, as a model sees it.</summary>
/// <param name="Tokens">Its tokens in the prompt, with those that enclose and separate.</param>
/// <param name="Embeddings">Those of them that the encoder makes.</param>
/// <param name="Sequences">Parts that the encoder attends within: tiles, frames, or 1 for the whole picture.</param>
/// <param name="Patches">Patches of each.</param>
internal readonly record struct MediaShape(int Tokens, int Embeddings, int Sequences, int Patches)
{
    /// <summary>Whether the encoder of sound makes them.</summary>
    public bool IsSound { get; init; }
}

/// <summary>
/// Pictures of any shape, resized to whole groups of patches within a budget of pixels: Qwen2-VL and later (transformers,
/// image_processing_qwen2_vl.py, smart_resize). A group is a token.
/// </summary>
/// <param name="PatchSize">Pixels of a side of a patch.</param>
/// <param name="Merge">Patches of a side of a group.</param>
/// <param name="MinPixels">Fewest pixels.</param>
/// <param name="MaxPixels">Most pixels.</param>
internal sealed record PixelBudgetImages(int PatchSize, int Merge, int MinPixels, int MaxPixels) : ImageRule
{
    /// <summary>Longer pictures are refused.</summary>
    private const int MostAspect = 200;

    /// <summary>vision_start and vision_end.</summary>
    private const int TokensAround = 2;

    private int Group => PatchSize * Merge;

    public override int MostEmbeddings => MaxPixels / (Group * Group);

    public override MediaShape Of(int width, int height)
    {
        RequireShape("image_size", width, height);
        var (columns, rows) = Groups(width, height, Group, MinPixels, MaxPixels);
        return new(columns * rows + TokensAround, columns * rows, 1, columns * rows * Merge * Merge);
    }

    /// <summary>Groups side by side, and one above the other.</summary>
    public static (int Columns, int Rows) Groups(
        int width,
        int height,
        int group,
        double minPixels,
        double maxPixels
    )
    {
        var (columns, rows) = (Rounded(width, group), Rounded(height, group));
        var pixels = (double)width * height;
        if ((double)columns * rows * group * group > maxPixels)
        {
            var scale = Math.Sqrt(pixels / maxPixels);
            columns = Math.Max(1, (int)Math.Floor(width / scale / group));
            rows = Math.Max(1, (int)Math.Floor(height / scale / group));
        }
        else if ((double)columns * rows * group * group < minPixels)
        {
            var scale = Math.Sqrt(minPixels / pixels);
            columns = (int)Math.Ceiling(width * scale / group);
            rows = (int)Math.Ceiling(height * scale / group);
        }

        return (columns, rows);
    }

    /// <summary>Refuses what is too long.</summary>
    /// <exception cref="UserErrorException">It is.</exception>
    public static void RequireShape(string option, int width, int height)
    {
        if (Math.Max(width, height) > (long)MostAspect * Math.Min(width, height))
        {
            throw new UserErrorException(
                $"{option}: found {width}x{height}; allowed with this model: sides of which one is at most {MostAspect} times the other"
            );
        }
    }

    /// <summary>Halves go to the even number, as Python rounds.</summary>
    private static int Rounded(int side, int group) => Math.Max(1, (int)Math.Round((double)side / group));
}

/// <summary>
/// Pictures resized to one square: Gemma 3 (transformers, processing_gemma3.py and gemma3's image_processing, without pan and scan, which is off unless asked for).
/// </summary>
/// <param name="Side">Pixels of a side of the square.</param>
/// <param name="PatchSize">Pixels of a side of a patch.</param>
/// <param name="Embeddings">Tokens that patches are pooled to.</param>
internal sealed record SquareImages(int Side, int PatchSize, int Embeddings) : ImageRule
{
    /// <summary>Begin and end of image, and a blank line on either side.</summary>
    private const int TokensAround = 4;

    public override int MostEmbeddings => Embeddings;

    public override MediaShape Of(int width, int height)
    {
        var patches = Side / PatchSize;
        return new(Embeddings + TokensAround, Embeddings, 1, patches * patches);
    }
}

/// <summary>
/// Pictures of any shape up to a longest side, row by row with a token behind each: Pixtral and Mistral (transformers, image_processing_pixtral.py and
/// processing_pixtral.py).
/// </summary>
/// <param name="PatchSize">Pixels of a side of a patch.</param>
/// <param name="Merge">Patches of a side of a group, which is a token.</param>
/// <param name="LongestSide">Longest side in pixels.</param>
internal sealed record RowImages(int PatchSize, int Merge, int LongestSide) : ImageRule
{
    private int Group => PatchSize * Merge;

    public override int MostEmbeddings => Groups(LongestSide) * Groups(LongestSide);

    public override MediaShape Of(int width, int height)
    {
        var scale = Math.Max(1, (double)Math.Max(width, height) / LongestSide);
        var columns = Groups(Math.Max(1, (int)Math.Floor(width / scale)));
        var rows = Groups(Math.Max(1, (int)Math.Floor(height / scale)));
        return new(rows * (columns + 1), rows * columns, 1, rows * columns * Merge * Merge);
    }

    private int Groups(int side) => (side - 1) / Group + 1;
}
