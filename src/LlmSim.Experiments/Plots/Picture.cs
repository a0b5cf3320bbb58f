using System.Text;
using System.Text.RegularExpressions;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A picture and the name of its file.</summary>
/// <param name="Name">Name of the file without its extension.</param>
/// <param name="Plot">What is drawn.</param>
internal sealed partial record Picture(string Name, Plot Plot)
{
    /// <summary>The picture as the content of a file.</summary>
    public byte[] Render(PictureFormat format) =>
        format == PictureFormat.Svg
            ? Encoding.UTF8.GetBytes(
                WithStableIds(Plot.GetSvgXml(PictureStyle.WidthPixels, PictureStyle.HeightPixels))
            )
            : Png();

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

    private byte[] Png()
    {
        Plot.ScaleFactor = PictureStyle.PngScale;
        return Plot.GetImageBytes(
            PictureStyle.WidthPixels * PictureStyle.PngScale,
            PictureStyle.HeightPixels * PictureStyle.PngScale,
            ImageFormat.Png
        );
    }
}

/// <summary>Formats of pictures.</summary>
internal enum PictureFormat
{
    /// <summary>Pixels.</summary>
    Png,

    /// <summary>Lines and text.</summary>
    Svg,
}
