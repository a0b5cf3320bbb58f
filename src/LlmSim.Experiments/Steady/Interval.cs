namespace LlmSim.Experiments.Steady;

/// <summary>A figure and its 95 % confidence interval.</summary>
/// <param name="Estimate">The figure; NaN where there is none.</param>
/// <param name="Low">Lower end; NaN where the run says nothing about it.</param>
/// <param name="High">Upper end; NaN where the run says nothing about it.</param>
internal readonly record struct Interval(double Estimate, double Low, double High)
{
    /// <summary>Share of the trials in which the interval contains the true value.</summary>
    public const double Confidence = 0.95;

    /// <summary>The quantiles of an estimate's distribution that it lies between.</summary>
    public const double UpperTail = (1 + Confidence) / 2;

    /// <summary>Whether both ends are known.</summary>
    public bool IsKnown => double.IsFinite(Low) && double.IsFinite(High);

    /// <summary>Half its width relative to the figure; NaN where an end is not known.</summary>
    public double RelativeHalfWidth => High == Low ? 0 : (High - Low) / 2 / Math.Abs(Estimate);

    /// <summary>A figure of which no more is known.</summary>
    public static Interval Unknown(double estimate) => new(estimate, double.NaN, double.NaN);
}
