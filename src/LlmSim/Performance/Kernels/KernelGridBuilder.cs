namespace LlmSim.Performance.Kernels;

/// <summary>Collects measured points of an operation into a grid.</summary>
internal sealed class KernelGridBuilder
{
    private readonly Dictionary<Shape, List<double>> _points = [];

    /// <summary>Points that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a measurement. What seems faster than its roof was in a cache that it will not be in.</summary>
    public void AddAboveRoof(Shape shape, double ratio) => Add(shape, Math.Max(1, ratio));

    /// <summary>Adds a measurement.</summary>
    /// <param name="shape">The shape; unused positions are 1.</param>
    /// <param name="ratio">Measured seconds by the seconds of the roof, above 0.</param>
    public void Add(Shape shape, double ratio)
    {
        if (!_points.TryGetValue(shape, out var ratios))
        {
            _points.Add(shape, ratios = []);
        }

        ratios.Add(Math.Log(ratio));
        Count++;
    }

    /// <summary>The grid over the first so many quantities of the shapes.</summary>
    /// <param name="rank">Quantities.</param>
    /// <param name="share">Which of several measurements of one point counts: 0 for the least, 0.5 for their median.</param>
    public KernelGrid Build(int rank, double share)
    {
        int[][] axes =
        [
            .. Enumerable
                .Range(0, rank)
                .Select(i => _points.Keys.Select(shape => shape[i]).Distinct().Order().ToArray()),
        ];
        var logRatios = new float[axes.Aggregate(1, (size, axis) => size * axis.Length)];
        Array.Fill(logRatios, float.NaN);
        foreach (var (shape, ratios) in _points)
        {
            var index = 0;
            for (var i = 0; i < rank; i++)
            {
                index = index * axes[i].Length + Array.BinarySearch(axes[i], shape[i]);
            }

            ratios.Sort();
            logRatios[index] = (float)ratios[(int)(share * (ratios.Count - 1))];
        }

        return new(axes, logRatios);
    }

    /// <summary>Up to four whole quantities that a time depends on.</summary>
    internal readonly record struct Shape(int First, int Second = 1, int Third = 1, int Fourth = 1)
    {
        public int this[int i] =>
            i switch
            {
                0 => First,
                1 => Second,
                2 => Third,
                _ => Fourth,
            };
    }
}
