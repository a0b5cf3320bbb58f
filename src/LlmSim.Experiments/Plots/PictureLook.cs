using System.Globalization;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>How pictures are written: their format, size and words.</summary>
/// <param name="Format">Their format.</param>
internal sealed record PictureLook(PictureFormat Format)
{
    /// <summary>Fewer or more pixels would leave no room for axes, or need gigabytes.</summary>
    private const int LeastPixels = 200;
    private const int MostPixels = 8_000;

    /// <summary>The widths of one and two columns of most papers, in points.</summary>
    private const double ColumnPoints = 252;
    private const double TwoColumnsPoints = 516;

    /// <summary>Pixels of a printer for a point: 300 an inch.</summary>
    private const float PrintPixelsPerPoint = 300f / 72;

    /// <summary>The names of the styles.</summary>
    public static IReadOnlyList<string> Styles { get; } = ["screen", "one-column", "two-column"];

    /// <summary>Its width, in which a letter of an axis is 13 high.</summary>
    public int Width { get; init; } = 900;

    /// <summary>Its height.</summary>
    public int Height { get; init; } = 560;

    /// <summary>Pixels of a PNG for each of ours, so that it is sharp in print.</summary>
    public float PixelScale { get; init; } = 2;

    /// <summary>Points of a PDF for each of our pixels.</summary>
    public double PointsPerPixel { get; init; } = 0.75;

    /// <summary>In the place of a picture's own title; empty for none, null for its own.</summary>
    public string? Title { get; init; }

    /// <summary>In the place of its own horizontal label; null for that.</summary>
    public string? XLabel { get; init; }

    /// <summary>In the place of its own vertical label; null for that.</summary>
    public string? YLabel { get; init; }

    public static implicit operator PictureLook(PictureFormat format) => new(format);

    /// <summary>The look of a style: letters are about 7.5 points high in a column, whatever its width.</summary>
    public PictureLook WithStyle(string style) =>
        style switch
        {
            "one-column" => Column(ColumnPoints, width: 440, height: 300),
            "two-column" => Column(TwoColumnsPoints, width: 900, height: 400),
            _ => this,
        };

    /// <summary>The look with a size such as 1200x600.</summary>
    /// <exception cref="UserErrorException">It is no size.</exception>
    public PictureLook WithSize(string size)
    {
        var parts = size.Split('x');
        return parts is [var width, var height] && IsSide(width, out var w) && IsSide(height, out var h)
            ? this with
            {
                Width = w,
                Height = h,
            }
            : throw new UserErrorException(
                FormattableString.Invariant(
                    $"--size: found '{size}'; allowed: WIDTHxHEIGHT in pixels, each from {LeastPixels} to {MostPixels}, such as 900x560"
                )
            );
    }

    /// <summary>Gives a picture its words.</summary>
    public void ApplyTo(Plot plot)
    {
        if (Title is not null)
        {
            plot.Axes.Title.Label.Text = Title;
            plot.Axes.Title.IsVisible = Title.Length > 0;
        }

        if (XLabel is not null)
        {
            plot.XLabel(XLabel);
        }

        if (YLabel is not null)
        {
            plot.YLabel(YLabel);
        }
    }

    private PictureLook Column(double points, int width, int height) =>
        this with
        {
            Width = width,
            Height = height,
            PointsPerPixel = points / width,
            PixelScale = (float)(points / width) * PrintPixelsPerPoint,
        };

    private static bool IsSide(string text, out int pixels) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pixels)
        && pixels is >= LeastPixels and <= MostPixels;
}
