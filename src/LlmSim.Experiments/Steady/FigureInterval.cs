using LlmSim.Experiments.Slos;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Steady;

/// <summary>A figure of a run with its 95 % confidence interval.</summary>
/// <param name="Figure">Its name, as limits have it.</param>
/// <param name="Estimate">In seconds or per cent; NaN where the run has none.</param>
/// <param name="Low">Lower end; NaN where it is not known.</param>
/// <param name="High">Upper end; NaN where it is not known.</param>
internal sealed record FigureInterval(string Figure, double Estimate, double Low, double High)
{
    /// <summary>Half its width relative to the figure; NaN where an end is not known.</summary>
    public double RelativeHalfWidth => new Interval(Estimate, Low, High).RelativeHalfWidth;

    /// <summary>The interval of a figure.</summary>
    public static FigureInterval Of(SloFigure figure, Interval interval) =>
        new(figure.Name, interval.Estimate, interval.Low, interval.High);

    /// <summary>What independent replications, which differ in their seed alone, say of any figure (Student's t).</summary>
    public static FigureInterval OfReplications(
        SloFigure figure,
        IReadOnlyCollection<RunSummary> replications
    )
    {
        var mean = MeanEstimate.Of([.. replications.Select(figure.Value)]);
        return new FigureInterval(figure.Name, mean.Mean, mean.Low, mean.High);
    }
}
