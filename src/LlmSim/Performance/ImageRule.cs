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
    public abstract ImageShape Of(int width, int height);
}

/// <summary>A picture as a model sees it.</summary>
/// <param name="Tokens">Its tokens in the prompt, with those that enclose and separate.</param>
/// <param name="Embeddings">Those of them that the encoder makes.</param>
/// <param name="Sequences">Parts that the encoder attends within: tiles, or 1 for the whole picture.</param>
/// <param name="Patches">Patches of each.</param>
internal readonly record struct ImageShape(int Tokens, int Embeddings, int Sequences, int Patches);

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

    public override ImageShape Of(int width, int height)
    {
        if (Math.Max(width, height) > (long)MostAspect * Math.Min(width, height))
        {
            throw new UserErrorException(
                $"image_size: found {width}x{height}; allowed with this model: sides of which one is at most {MostAspect} times the other"
            );
        }

        var (columns, rows) = (Rounded(width), Rounded(height));
        var pixels = (double)width * height;
        if ((double)columns * rows * Group * Group > MaxPixels)
        {
            var scale = Math.Sqrt(pixels / MaxPixels);
            columns = Math.Max(1, (int)Math.Floor(width / scale / Group));
            rows = Math.Max(1, (int)Math.Floor(height / scale / Group));
        }
        else if ((double)columns * rows * Group * Group < MinPixels)
        {
            var scale = Math.Sqrt(MinPixels / pixels);
            columns = (int)Math.Ceiling(width * scale / Group);
            rows = (int)Math.Ceiling(height * scale / Group);
        }

        return new(columns * rows + TokensAround, columns * rows, 1, columns * rows * Merge * Merge);
    }

    /// <summary>Halves go to the even number, as Python rounds.</summary>
    private int Rounded(int side) => Math.Max(1, (int)Math.Round((double)side / Group));
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

    public override ImageShape Of(int width, int height)
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

    public override ImageShape Of(int width, int height)
    {
        var scale = Math.Max(1, (double)Math.Max(width, height) / LongestSide);
        var columns = Groups(Math.Max(1, (int)Math.Floor(width / scale)));
        var rows = Groups(Math.Max(1, (int)Math.Floor(height / scale)));
        return new(rows * (columns + 1), rows * columns, 1, rows * columns * Merge * Merge);
    }

    private int Groups(int side) => (side - 1) / Group + 1;
}
