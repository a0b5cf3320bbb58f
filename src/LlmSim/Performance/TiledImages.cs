namespace LlmSim.Performance;

/// <summary>Pictures that are divided into square tiles, each a sequence of its own in the encoder, beside a small copy of the whole.</summary>
/// <param name="Side">Pixels of a side of a tile.</param>
/// <param name="PatchSize">Pixels of a side of a patch.</param>
/// <param name="TileTokens">Tokens that the encoder makes of a tile.</param>
/// <param name="MostTiles">Most tiles of a picture, without the copy.</param>
internal abstract record TiledImages(int Side, int PatchSize, int TileTokens, int MostTiles) : ImageRule
{
    public override int MostEmbeddings => (MostTiles + 1) * TileTokens;

    public override MediaShape Of(int width, int height)
    {
        var (columns, rows) = Grid(width, height);
        var tiles = columns * rows;
        var sequences = tiles > 1 ? tiles + 1 : 1;
        var patches = Side / PatchSize;
        // With one for the class of the picture, which gives no token.
        return new(
            sequences * TileTokens + TokensBeside(columns, rows),
            sequences * TileTokens,
            sequences,
            patches * patches + 1
        );
    }

    /// <summary>Tiles side by side, and one above the other.</summary>
    protected abstract (int Columns, int Rows) Grid(int width, int height);

    /// <summary>Tokens that enclose and separate tiles.</summary>
    protected abstract int TokensBeside(int columns, int rows);

    /// <summary>Every grid of at most so many tiles, fewest first.</summary>
    protected IEnumerable<(int Columns, int Rows)> Grids() =>
        Enumerable
            .Range(1, MostTiles)
            .SelectMany(columns => Enumerable.Range(1, MostTiles / columns).Select(rows => (columns, rows)))
            .OrderBy(grid => grid.columns * grid.rows)
            .ThenBy(grid => grid.columns);
}

/// <summary>
/// The grid whose shape is nearest to that of the picture, and of equal ones a larger one where the picture has more than half of its pixels: InternVL
/// (transformers, image_processing_got_ocr2.py, get_optimal_tiled_canvas; dynamic_preprocess of the model's card).
/// </summary>
internal sealed record NearestShapeTiles(int Side, int PatchSize, int TileTokens, int MostTiles)
    : TiledImages(Side, PatchSize, TileTokens, MostTiles)
{
    protected override (int Columns, int Rows) Grid(int width, int height)
    {
        var (best, least) = ((1, 1), double.PositiveInfinity);
        var shape = (double)width / height;
        foreach (var (columns, rows) in Grids())
        {
            var difference = Math.Abs(shape - (double)columns / rows);
            var isLarge = (double)width * height > 0.5 * Side * Side * columns * rows;
            if (difference < least || (difference == least && isLarge))
            {
                (best, least) = ((columns, rows), difference);
            }
        }

        return best;
    }

    /// <summary>Begin and end of the picture.</summary>
    protected override int TokensBeside(int columns, int rows) => 2;
}

/// <summary>
/// The smallest grid that the picture fits without being made smaller, or that makes it smaller the least: Llama 4 (transformers,
/// image_processing_llama4_fast.py, get_best_fit, and processing_llama4.py).
/// </summary>
internal sealed record BestFitTiles(int Side, int PatchSize, int TileTokens, int MostTiles)
    : TiledImages(Side, PatchSize, TileTokens, MostTiles)
{
    protected override (int Columns, int Rows) Grid(int width, int height)
    {
        var grids = Grids()
            .Select(grid =>
                (
                    Grid: grid,
                    Scale: Math.Min((float)(grid.Columns * Side) / width, (float)(grid.Rows * Side) / height)
                )
            )
            .ToArray();
        // Sorting keeps the order of equal ones: the fewest tiles first.
        return (
            grids.Any(one => one.Scale >= 1)
                ? grids.Where(one => one.Scale >= 1).OrderBy(one => one.Scale)
                : grids.OrderByDescending(one => one.Scale)
        )
            .First()
            .Grid;
    }

    /// <summary>Begin, end and the mark of the whole; of several tiles one behind each, at the end of a row or between two.</summary>
    protected override int TokensBeside(int columns, int rows) =>
        3 + (columns * rows > 1 ? columns * rows : 0);
}
