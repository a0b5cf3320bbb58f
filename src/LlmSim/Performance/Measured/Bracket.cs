namespace LlmSim.Performance.Measured;

/// <summary>
/// Where a value lies on an ascending axis: between two of its points, before the first (which then stands for it), or
/// beyond the last (where the line through the last two goes on if it rises).
/// </summary>
internal readonly record struct Bracket(int Low, int High, double Fraction)
{
    public static Bracket Of(int[] axis, double value)
    {
        if (axis.Length == 1 || value <= axis[0])
        {
            return new(0, 0, 0);
        }

        var low = 0;
        var high = axis.Length - 1;
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (axis[middle] <= value)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return new(low, high, (value - axis[low]) / (axis[high] - axis[low]));
    }

    /// <summary>
    /// The time there from those of the two points. Beyond the last it never falls: that more work took less is noise, and the
    /// line through it would soon be below zero.
    /// </summary>
    public double Between(double low, double high) =>
        Fraction > 1 && high < low ? high : low + Fraction * (high - low);
}
