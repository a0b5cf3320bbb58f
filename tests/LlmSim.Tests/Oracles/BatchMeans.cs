using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearRegression;

namespace LlmSim.Tests.Oracles;

/// <summary>
/// A mean with its confidence interval from the means of long batches. Means of quantities whose expectation is known
/// (service times, gaps between arrivals) serve as control variates: what they deviate by explains part of the noise.
/// </summary>
internal sealed class BatchMeans
{
    private readonly List<double> _means = [];
    private readonly List<double[]> _controls = [];

    /// <summary>Adds a batch.</summary>
    /// <param name="mean">Its mean of the quantity in question.</param>
    /// <param name="controls">Its means of the controls, each less the known expectation.</param>
    public void Add(double mean, params double[] controls)
    {
        _means.Add(mean);
        _controls.Add(controls);
    }

    /// <summary>Estimate and half width of the two-sided 99 % interval.</summary>
    public (double Estimate, double HalfWidth) Interval()
    {
        var batches = _means.Count;
        var controls = _controls[0].Length;
        var design = Matrix<double>.Build.Dense(
            batches,
            controls + 1,
            (row, column) => column == 0 ? 1 : _controls[row][column - 1]
        );
        var response = Vector<double>.Build.DenseOfEnumerable(_means);
        var coefficients = MultipleRegression.QR(design, response);
        var residuals = response - (design * coefficients);
        var degrees = batches - controls - 1;
        var variance = residuals.DotProduct(residuals) / degrees;
        var inverse = design.TransposeThisAndMultiply(design).Inverse();
        var standardError = Math.Sqrt(variance * inverse[0, 0]);
        return (coefficients[0], StudentT.InvCDF(0, 1, degrees, 0.995) * standardError);
    }
}
