using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;

namespace LlmSim.Performance.Calibrating;

/// <summary>
/// Fits an efficiency to samples: least squares of the relative errors, robust in that an error beyond
/// <see cref="RobustFrom" /> counts by its size and not by its square. Nelder–Mead on parameters without bounds: each share is
/// a logistic function of one, so that it stays between 0 and 1; the fixed cost is the exponential of one.
/// </summary>
internal static class EfficiencyFit
{
    private const double RobustFrom = 0.1;
    private const double Tolerance = 1e-7;
    private const int MaxIterations = 4000;

    /// <summary>Nelder–Mead may stop early in a narrow valley; it starts again from where it stopped.</summary>
    private const int Restarts = 4;

    private static readonly double[] s_start = [1, 1, Math.Log(3e-6)];

    public static OperationEfficiency Fit(IReadOnlyList<Sample> samples, Roofs bare)
    {
        Sample[] fitted = [.. samples.Where(sample => !sample.IsHeldOut)];
        var objective = ObjectiveFunction.Value(x => Loss(fitted, bare.Lowered(Efficiency(x))));
        var best = Vector<double>.Build.DenseOfArray(s_start);
        for (var run = 0; run < Restarts; run++)
        {
            best = new NelderMeadSimplex(Tolerance, MaxIterations)
                .FindMinimum(objective, best)
                .MinimizingPoint;
        }

        return Rounded(Efficiency(best));
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
        new(Logistic(x[0]), Logistic(x[1]), Math.Exp(Math.Min(x[2], 0)));

    private static double Logistic(double x) => Math.Max(1e-3, 1 / (1 + Math.Exp(-x)));

    /// <summary>To what a file says of it, so that the errors that are reported are those of the file.</summary>
    private static OperationEfficiency Rounded(OperationEfficiency efficiency) =>
        new(
            Math.Round(efficiency.Compute, 4),
            Math.Round(efficiency.Memory, 4),
            Math.Round(efficiency.FixedSeconds, 9)
        );
}
