using ScottPlot;
using SkiaSharp;

namespace LlmSim.Experiments.Plots;

/// <summary>
/// The one font of all pictures, which comes with the program: a machine without fonts would draw no text, and one with
/// others would draw other pictures.
/// </summary>
internal sealed class PlotFont : IFontResolver
{
    /// <summary>The name by which SVG viewers look for it.</summary>
    public const string Name = "DejaVu Sans";

    private static readonly Lazy<SKTypeface> s_regular = new(() => Load("DejaVuSans.ttf"));
    private static readonly Lazy<SKTypeface> s_bold = new(() => Load("DejaVuSans-Bold.ttf"));
    private static readonly Lock s_lock = new();
    private static bool s_isRegistered;

    private PlotFont() { }

    /// <summary>Makes it known to the plotting library, once.</summary>
    public static void Register()
    {
        lock (s_lock)
        {
            if (!s_isRegistered)
            {
                ScottPlot.Fonts.FontResolvers.Insert(0, new PlotFont());
                ScottPlot.Fonts.Default = Name;
                s_isRegistered = true;
            }
        }
    }

    /// <inheritdoc />
    public SKTypeface CreateTypeface(
        string fontName,
        FontWeight weight,
        FontSlant slant,
        FontSpacing spacing
    ) => weight >= FontWeight.SemiBold ? s_bold.Value : s_regular.Value;

    /// <inheritdoc />
    public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) =>
        bold ? s_bold.Value : s_regular.Value;

    private static SKTypeface Load(string file)
    {
        using var stream = typeof(PlotFont).Assembly.GetManifestResourceStream($"fonts/{file}")!;
        return SKTypeface.FromStream(stream);
    }
}
