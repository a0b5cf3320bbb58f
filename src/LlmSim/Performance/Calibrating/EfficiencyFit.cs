using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;

namespace LlmSim.Performance.Calibrating;

/// <summary>
/// Fits an efficiency to samples: least squares of the relative errors, robust in that an error beyond
/// <see cref="RobustFrom" /> counts by its size and not by its square. Nelder–Mead on parameters without bounds: each share is
/// a logistic function of one, so that it stays between 0 and 1; a time is the exponential of one.
/// </summary>
internal static class EfficiencyFit
{
    private const double RobustFrom = 0.1;
    private const double Tolerance = 1e-7;
    private const int MaxIterations = 4000;

    /// <summary>Nelder–Mead may stop early in a narrow valley; it starts again from where it stopped.</summary>
    private const int Restarts = 4;

    /// <summary>Where it starts: near the roofs, and far below that of arithmetic. The better end counts.</summary>
    private static readonly double[][] s_starts =
    [
        [1, 1, Math.Log(3e-6), Math.Log(3e-8)],
        [-4, 1, Math.Log(3e-6), Math.Log(3e-8)],
    ];

    /// <summary>Fits to the samples that are not held out.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="bare">The roofs.</param>
    /// <param name="hasKeySeconds">Whether blocks of query rows that pass their keys can be what limits these operations.</param>
    public static OperationEfficiency Fit(IReadOnlyList<Sample> samples, Roofs bare, bool hasKeySeconds)
    {
        Sample[] fitted = [.. samples.Where(sample => !sample.IsHeldOut)];
        var parameters = hasKeySeconds ? 4 : 3;
        var objective = ObjectiveFunction.Value(x => Loss(fitted, bare.Lowered(Efficiency(x))));
        var best = s_starts
            .Select(start => Descend(objective, Vector<double>.Build.DenseOfArray(start[..parameters])))
            .MinBy(end => end.Value);
        return Rounded(Efficiency(best.Point));
    }

    private static (Vector<double> Point, double Value) Descend(
        IObjectiveFunction objective,
        Vector<double> point
    )
    {
        var value = double.PositiveInfinity;
        for (var run = 0; run < Restarts; run++)
        {
            var minimum = new NelderMeadSimplex(Tolerance, MaxIterations).FindMinimum(objective, point);
            point = minimum.MinimizingPoint;
            value = minimum.FunctionInfoAtMinimum.Value;
        }

        return (point, value);
    }

    private static double Loss(Sample[] samples, Roofs roofs)
    {
        var sum = 0.0;
        foreach (var sample in samples)
        {
            var error = sample.RelativeError(roofs) / RobustFrom;
            sum += Math.Sqrt(1 + error * error) - 1;
        }

        return sum / samples.Length;
    }

    private static OperationEfficiency Efficiency(Vector<double> x) =>
        new(
            Logistic(x[0]),
            Logistic(x[1]),
            Math.Exp(Math.Min(x[2], 0)),
            x.Count == 4 ? Math.Exp(Math.Min(x[3], 0)) : 0
        );

    private static double Logistic(double x) => Math.Max(1e-3, 1 / (1 + Math.Exp(-x)));

    /// <summary>To what a file says of it, so that the errors that are reported are those of the file.</summary>
    private static OperationEfficiency Rounded(OperationEfficiency efficiency) =>
        new(
            Math.Round(efficiency.Compute, 5),
            Math.Round(efficiency.Memory, 5),
            Math.Round(efficiency.FixedSeconds, 9),
            Math.Round(efficiency.KeySeconds, 12)
        );
}
