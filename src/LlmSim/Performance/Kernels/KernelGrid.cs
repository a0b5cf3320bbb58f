using LlmSim.Kernel;

namespace LlmSim.Performance.Kernels;

/// <summary>
/// How many times its roof an operation was measured to take, over a grid of shapes. Between the points the logarithm of the ratio is
/// linear in the logarithms of the shape. Beyond the grid the ratio of its border holds: what grows there is the roof.
/// </summary>
internal sealed class KernelGrid
{
    private const int LargestRank = 4;

    private readonly double[][] _logAxes;
    private readonly int[] _strides;
    private readonly float[] _logRatios;
    private readonly bool[] _isMeasured;

    /// <summary>A grid; where nothing was measured its ratio is NaN, and that of a neighbour is taken.</summary>
    /// <param name="axes">Positions along each quantity of the shape, ascending, from 1.</param>
    /// <param name="logRatios">Logarithms of the ratios, the last axis running fastest.</param>
    public KernelGrid(int[][] axes, float[] logRatios)
    {
        Invariant.Require(axes.Length is > 0 and <= LargestRank, $"a grid of {axes.Length} axes");
        Axes = axes;
        _logAxes = [.. axes.Select(axis => axis.Select(position => Math.Log(position)).ToArray())];
        _strides = new int[axes.Length];
        var size = 1;
        for (var i = axes.Length - 1; i >= 0; i--)
        {
            _strides[i] = size;
            size *= axes[i].Length;
        }

        Invariant.Require(logRatios.Length == size, $"{logRatios.Length} ratios for a grid of {size}");
        _isMeasured = [.. logRatios.Select(float.IsFinite)];
        _logRatios = [.. logRatios];
        for (var i = axes.Length - 1; i >= 0; i--)
        {
            FillAlong(i);
        }
    }

    /// <summary>Positions along each quantity.</summary>
    public int[][] Axes { get; }

    /// <summary>The logarithms as they were measured, NaN where nothing was.</summary>
    public IEnumerable<float> MeasuredLogRatios =>
        _logRatios.Select((ratio, i) => _isMeasured[i] ? ratio : float.NaN);

    /// <summary>The grid with other ratios at the shapes that were measured.</summary>
    /// <param name="ratio">The new ratio of a shape that had this one.</param>
    public KernelGrid Map(Func<int[], double, double> ratio)
    {
        var logRatios = new float[_logRatios.Length];
        Array.Fill(logRatios, float.NaN);
        var index = 0;
        ForEach(
            (shape, old) =>
            {
                while (!_isMeasured[index])
                {
                    index++;
                }

                logRatios[index++] = (float)Math.Log(ratio(shape, old));
            }
        );
        return new(Axes, logRatios);
    }

    /// <summary>Calls with each shape that was measured and its ratio, in the order of the grid; the shape is overwritten afterwards.</summary>
    public void ForEach(Action<int[], double> use)
    {
        var shape = new int[Axes.Length];
        for (var index = 0; index < _logRatios.Length; index++)
        {
            if (!_isMeasured[index])
            {
                continue;
            }

            for (var i = 0; i < shape.Length; i++)
            {
                shape[i] = Axes[i][index / _strides[i] % Axes[i].Length];
            }

            use(shape, Math.Exp(_logRatios[index]));
        }
    }

    /// <summary>The ratio at a shape, and whether all that it rests on was measured.</summary>
    public double Ratio(ReadOnlySpan<double> shape, out bool isMeasured)
    {
        Span<int> low = stackalloc int[LargestRank];
        Span<double> fraction = stackalloc double[LargestRank];
        isMeasured = true;
        var first = 0;
        for (var i = 0; i < shape.Length; i++)
        {
            isMeasured &= Locate(_logAxes[i], Math.Log(shape[i]), out low[i], out fraction[i]);
            first += low[i] * _strides[i];
        }

        var sum = 0.0;
        for (var corner = 0; corner < 1 << shape.Length; corner++)
        {
            var weight = 1.0;
            var index = first;
            for (var i = 0; i < shape.Length; i++)
            {
                var isHigh = (corner >> i & 1) == 1;
                weight *= isHigh ? fraction[i] : 1 - fraction[i];
                index += isHigh ? _strides[i] : 0;
            }

            if (weight > 0)
            {
                sum += weight * _logRatios[index];
                isMeasured &= _isMeasured[index];
            }
        }

        return Math.Exp(sum);
    }

    /// <summary>The step that a value lies in, and how far along it; false outside the axis, whose border then stands for it.</summary>
    private static bool Locate(double[] axis, double value, out int low, out double fraction)
    {
        var at = Array.BinarySearch(axis, value);
        low = at >= 0 ? at : ~at - 1;
        if (low < 0 || low >= axis.Length - 1)
        {
            var isLast = low == axis.Length - 1;
            low = Math.Clamp(low, 0, axis.Length - 1);
            fraction = 0;
            return at >= 0 && (isLast || low == 0);
        }

        fraction = (value - axis[low]) / (axis[low + 1] - axis[low]);
        return true;
    }

    /// <summary>Gives each gap the ratio of the nearest point before it along an axis, or else after it.</summary>
    private void FillAlong(int axis)
    {
        var stride = _strides[axis];
        for (var i = stride; i < _logRatios.Length; i++)
        {
            if (i / stride % Axes[axis].Length > 0 && float.IsNaN(_logRatios[i]))
            {
                _logRatios[i] = _logRatios[i - stride];
            }
        }

        for (var i = _logRatios.Length - 1 - stride; i >= 0; i--)
        {
            if (i / stride % Axes[axis].Length < Axes[axis].Length - 1 && float.IsNaN(_logRatios[i]))
            {
                _logRatios[i] = _logRatios[i + stride];
            }
        }
    }
}
