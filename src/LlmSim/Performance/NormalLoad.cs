namespace LlmSim.Performance;

/// <summary>A load that is distributed normally.</summary>
/// <param name="Mean">Its mean.</param>
/// <param name="Deviation">Its standard deviation, at least 0.</param>
internal readonly record struct NormalLoad(double Mean, double Deviation)
{
    /// <summary>Beyond so many deviations nothing is expected.</summary>
    private const double Reach = 6;

    private const int Steps = 96;

    /// <summary>
    /// The expected largest of independent values: from where one is surely larger, the integral of the chance that one is, by the midpoint rule.
    /// </summary>
    public static double ExpectedLargest(ReadOnlySpan<NormalLoad> values)
    {
        var (least, most) = (double.NegativeInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            least = Math.Max(least, value.Mean - (Reach * value.Deviation));
            most = Math.Max(most, value.Mean + (Reach * value.Deviation));
        }

        var step = (most - least) / Steps;
        var sum = 0.0;
        for (var i = 0; i < Steps && step > 0; i++)
        {
            var at = least + ((i + 0.5) * step);
            var below = 1.0;
            foreach (var value in values)
            {
                below *= value.Below(at);
            }

            sum += 1 - below;
        }

        return least + (sum * step);
    }

    /// <summary>The chance to be below a value, within 1.5e-7 (Abramowitz and Stegun, 7.1.26).</summary>
    public double Below(double value)
    {
        if (Deviation == 0)
        {
            return value >= Mean ? 1 : 0;
        }

        var distance = (value - Mean) / Deviation;
        if (distance > Reach)
        {
            return 1;
        }

        var x = Math.Abs(distance) / Math.Sqrt(2);
        var t = 1 / (1 + (0.3275911 * x));
        var tail =
            t
            * (
                0.254829592
                + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))
            )
            * Math.Exp(-x * x)
            / 2;
        return distance < 0 ? tail : 1 - tail;
    }
}
