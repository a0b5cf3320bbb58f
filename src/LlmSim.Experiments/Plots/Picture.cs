using System.Text;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A picture and the name of its file.</summary>
/// <param name="Name">Name of the file without its extension.</param>
/// <param name="Plot">What is drawn.</param>
internal sealed record Picture(string Name, Plot Plot)
{
    /// <summary>The picture as the content of a file.</summary>
    public byte[] Render(PictureFormat format) =>
        format == PictureFormat.Svg
            ? Encoding.UTF8.GetBytes(Plot.GetSvgXml(PlotStyle.WidthPixels, PlotStyle.HeightPixels))
            : Png();

    private byte[] Png()
    {
        Plot.ScaleFactor = PlotStyle.PngScale;
        return Plot.GetImageBytes(
            PlotStyle.WidthPixels * PlotStyle.PngScale,
            PlotStyle.HeightPixels * PlotStyle.PngScale,
            ImageFormat.Png
        );
    }
}

/// <summary>Formats of pictures.</summary>
public enum PictureFormat
{
    /// <summary>Pixels.</summary>
    Png,

    /// <summary>Lines and text.</summary>
    Svg,
}
