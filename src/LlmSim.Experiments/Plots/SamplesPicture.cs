using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A sampled quantity of all instances of a stage: a strip an instance, or their band when there are many.</summary>
internal static class SamplesPicture
{
    /// <summary>The picture, or null when nothing was sampled twice.</summary>
    public static Plot? Draw(SampledQuantity quantity, string stage, IEnumerable<InstanceLine> lines)
    {
        var (title, unit) = quantity switch
        {
            SampledQuantity.Queue => (
                $"Requests waiting at the {stage} instances over time",
                "requests waiting"
            ),
            SampledQuantity.Running => ($"Batch size of the {stage} instances over time", "requests running"),
            _ => ($"KV cache of the {stage} instances over time", "% of the KV capacity"),
        };
        var series = lines
            .OrderBy(line => line.Instance)
            .Select(line => line.Series)
            .Where(one => one.Points.Count > 1)
            .ToArray();
        if (series.Length is 0 or > StripPicture.MaxStrips)
        {
            return TimelinePicture.Draw(title, unit, series);
        }

        var highest = series.Max(one => one.Points.Max(point => point.Y));
        return StripPicture.Draw(
            title,
            highest > 0 ? $"0 to {AxisScale.Label(highest, digits: 3)} {unit}" : $"0 {unit} in all samples",
            [
                .. series.Select(
                    (one, i) => new Strip(one.Name, StepLine.Of(one), highest > 0 ? highest : 1, i)
                ),
            ]
        );
    }
}
