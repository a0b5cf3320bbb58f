namespace LlmSim.Performance;

/// <summary>
/// A function of a whole number that remembers what it has computed, up to a size. Safe for use by several threads: those that
/// race compute the same.
/// </summary>
/// <param name="compute">The function; never NaN.</param>
internal sealed class ValueTable(Func<int, double> compute)
{
    private const int PageSize = 1024;
    private const int Pages = 256;

    /// <summary>Values by argument, in pages that are made when first needed; NaN where nothing was computed yet.</summary>
    private readonly double[]?[] _pages = new double[]?[Pages];

    public double Get(int argument)
    {
        if (argument >= Pages * PageSize)
        {
            return compute(argument);
        }

        var page = _pages[argument / PageSize] ?? NewPage(argument / PageSize);
        var value = page[argument % PageSize];
        if (double.IsNaN(value))
        {
            value = compute(argument);
            page[argument % PageSize] = value;
        }

        return value;
    }

    private double[] NewPage(int number)
    {
        var page = new double[PageSize];
        Array.Fill(page, double.NaN);
        return Interlocked.CompareExchange(ref _pages[number], page, null) ?? page;
    }
}
