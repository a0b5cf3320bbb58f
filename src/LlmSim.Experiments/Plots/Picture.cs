using System.Text;
using System.Text.RegularExpressions;
using ScottPlot;
using SkiaSharp;

namespace LlmSim.Experiments.Plots;

/// <summary>A picture and the name of its file.</summary>
/// <param name="Name">Name of the file without its extension.</param>
/// <param name="Plot">What is drawn.</param>
internal sealed partial record Picture(string Name, Plot Plot)
{
    private const int ZlibLevel = 4;

    /// <summary>The picture as the content of a file.</summary>
    /// <param name="look">Its format, size and words.</param>
    public byte[] Render(PictureLook look)
    {
        look.ApplyTo(Plot);
        return look.Format switch
        {
            PictureFormat.Svg => Encoding.UTF8.GetBytes(
                WithStableIds(Plot.GetSvgXml(look.Width, look.Height))
            ),
            PictureFormat.Pdf => Pdf(look),
            _ => Png(look),
        };
    }

    /// <summary>The drawing library numbers clips over the life of the process: the same picture would differ.</summary>
    private static string WithStableIds(string svg)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        return ClipId()
            .Replace(
                svg,
                match =>
                {
                    ids.TryAdd(match.Value, $"clip_{ids.Count}");
                    return ids[match.Value];
                }
            );
    }

    [GeneratedRegex(
        "(?<=id=\"|url\\(#)cl_[0-9a-f]+",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex ClipId();

    /// <summary>Lines on white: what filters of the format would save is little, and most of the time of a picture.</summary>
    private byte[] Png(PictureLook look)
    {
        Plot.ScaleFactor = look.PixelScale;
        var info = new SKImageInfo(
            (int)Math.Round(look.Width * look.PixelScale),
            (int)Math.Round(look.Height * look.PixelScale),
            SKColorType.Rgba8888,
            SKAlphaType.Opaque
        );
        using var surface = SKSurface.Create(info);
        surface.Canvas.Clear(SKColors.White);
        Plot.Render(surface.Canvas, new PixelRect(0, info.Width, info.Height, 0));
        using var pixels = surface.PeekPixels();
        using var png = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.NoFilters, ZlibLevel))!;
        return png.ToArray();
    }

    /// <summary>One page of lines and text, with its font.</summary>
    private byte[] Pdf(PictureLook look)
    {
        using var content = new MemoryStream();
        using (var document = SKDocument.CreatePdf(content))
        {
            var scale = (float)look.PointsPerPixel;
            using var canvas = document.BeginPage(look.Width * scale, look.Height * scale);
            canvas.Scale(scale);
            Plot.Render(canvas, new PixelRect(0, look.Width, look.Height, 0));
            document.EndPage();
            document.Close();
        }

        return content.ToArray();
    }
}

/// <summary>Formats of pictures.</summary>
internal enum PictureFormat
{
    /// <summary>Pixels.</summary>
    Png,

    /// <summary>Lines and text.</summary>
    Svg,

    /// <summary>Lines and text, with the font.</summary>
    Pdf,
}
