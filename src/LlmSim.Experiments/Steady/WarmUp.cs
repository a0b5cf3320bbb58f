namespace LlmSim.Experiments.Steady;

/// <summary>
/// How many values at the beginning of a run are of its warm-up, by MSER-5 (White, Cobb and Spratt, 2000): without so many, the mean of
/// the rest has the least standard error, were they independent. A transient makes the rest spread; leaving out more than it makes the rest few.
/// </summary>
internal static class WarmUp
{
    /// <summary>Values in one of the means that the series becomes, so that noise does not decide.</summary>
    private const int ValuesPerMean = 5;

    /// <summary>So many values at the beginning are to be left out.</summary>
    /// <param name="values">In the order of arrival.</param>
    /// <returns>At most half of them: where it is half, the run is too short for its warm-up, or never comes to rest.</returns>
    public static int Cut(ReadOnlySpan<double> values)
    {
        var means = new double[values.Length / ValuesPerMean];
        for (var i = 0; i < means.Length; i++)
        {
            foreach (var value in values.Slice(i * ValuesPerMean, ValuesPerMean))
            {
                means[i] += value / ValuesPerMean;
            }
        }

        // From the end, so that each further mean is added to what all later ones are known to be.
        var (best, least) = (0, double.PositiveInfinity);
        var (count, mean, squares) = (0, 0.0, 0.0);
        for (var first = means.Length - 1; first >= 0; first--)
        {
            count++;
            var distance = means[first] - mean;
            mean += distance / count;
            squares += distance * (means[first] - mean);
            var error = squares / count / count;
            if (first <= means.Length / 2 && error <= least)
            {
                (best, least) = (first, error);
            }
        }

        return best * ValuesPerMean;
    }
}
