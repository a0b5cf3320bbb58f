namespace LlmSim.Performance.Kernels;

/// <summary>
/// The seconds of decode attention of one layer by number of requests and their mean context: for each number a curve through the
/// contexts that were measured, straight between them, made when it is first asked for. So a run of iterations over an unchanged batch
/// is a few straight pieces. Safe for use by several threads.
/// </summary>
/// <param name="contexts">Contexts that were measured, ascending, at least two.</param>
/// <param name="measured">Seconds of so many requests of such a context.</param>
internal sealed class DecodeAttentionCurves(int[] contexts, Func<int, int, double> measured)
{
    private const int PageSize = 1 << 7;

    /// <summary>Curves by requests, in pages that are made when first needed: most runs need one or two, and each run begins anew.</summary>
    private readonly double[]?[]?[] _pages = new double[]?[]?[PageSize];

    /// <summary>Seconds of a batch.</summary>
    public double Seconds(int requests, long contextTokens)
    {
        var curve = Curve(requests);
        var mean = (double)contextTokens / requests;
        var low = Piece(mean);
        return curve[low] + (mean - contexts[low]) * Slope(curve, low);
    }

    /// <summary>How the seconds go on while each context grows by so many tokens an iteration.</summary>
    public DecodeTrend Trend(int requests, long contextTokens, double growth)
    {
        var curve = Curve(requests);
        var mean = (double)contextTokens / requests;
        var low = Piece(mean);
        var slope = Slope(curve, low);
        var iterations =
            low + 2 < contexts.Length
                ? Math.Max(1, (int)Math.Ceiling((contexts[low + 1] - mean) / growth))
                : int.MaxValue;
        return new(curve[low] + (mean - contexts[low]) * slope, slope * growth, iterations);
    }

    private double Slope(double[] curve, int low) =>
        (curve[low + 1] - curve[low]) / (contexts[low + 1] - contexts[low]);

    /// <summary>The piece that a context lies in; the first and the last go on beyond their ends.</summary>
    private int Piece(double context)
    {
        var low = 0;
        while (low + 2 < contexts.Length && contexts[low + 1] <= context)
        {
            low++;
        }

        return low;
    }

    private double[] Curve(int requests)
    {
        if (requests >= PageSize * PageSize)
        {
            return Compute(requests);
        }

        ref var known = ref _pages[requests / PageSize];
        var page = known ?? Interlocked.CompareExchange(ref known, new double[]?[PageSize], null) ?? known!;
        ref var curve = ref page[requests % PageSize];
        return curve ?? Interlocked.CompareExchange(ref curve, Compute(requests), null) ?? curve!;
    }

    /// <summary>A longer context never takes less: what the measurements say otherwise is noise.</summary>
    private double[] Compute(int requests)
    {
        var curve = new double[contexts.Length];
        for (var i = 0; i < curve.Length; i++)
        {
            var seconds = measured(requests, contexts[i]);
            curve[i] = i == 0 ? seconds : Math.Max(curve[i - 1], seconds);
        }

        return curve;
    }
}
