using System.Numerics;
using System.Runtime.Intrinsics;
using LlmSim.Kernel;

namespace LlmSim.Instances;

/// <summary>
/// Finds the instance with the least estimated work without asking each: bounds from below, which hold until an instance's work
/// changes, lie side by side in memory, and only those instances are asked whose bound leaves it open.
/// </summary>
internal sealed class WorkIndex
{
    /// <summary>More than what rounding may add to falling work, relative to one or to the work; floors are exact.</summary>
    public const double Tolerance = 1e-9;

    /// <summary>Instances of a block, whose bounds are worked out together.</summary>
    private const int Block = 8;

    /// <summary>What a block holds of its instances, one figure after the other, in the order of <see cref="WorkBound" />.</summary>
    private const int Figures = 5;

    private readonly Instance[] _instances;
    private readonly Stage _stage;
    private readonly double[] _figures;
    private readonly double[] _bounds;

    /// <summary>Instances whose bound is out of date.</summary>
    private readonly Stack<int> _changed = new();

    private readonly bool[] _isChanged;
    private bool _isWatching;

    /// <summary>The index of the instances that requests may come to for a stage.</summary>
    public WorkIndex(Instance[] instances, Stage stage)
    {
        _instances = instances;
        _stage = stage;
        // Whole blocks; positions beyond the last instance have infinite work.
        _bounds = new double[(instances.Length + Block - 1) / Block * Block];
        _figures = new double[_bounds.Length * Figures];
        for (var position = instances.Length; position < _bounds.Length; position++)
        {
            Put(position, WorkBound.Steady(double.PositiveInfinity));
        }

        _isChanged = new bool[instances.Length];
    }

    /// <summary>Position of the instance with the least estimated work for the request; the first of equal ones.</summary>
    public int Least(Request request, SimTime time)
    {
        if (!_isWatching)
        {
            Watch();
        }

        RefreshChanged();
        var best = FindLeastBound(time);
        var bestWork = _instances[best].EstimatedWork(request, _stage);
        for (var i = 0; i < _bounds.Length; i += Block)
        {
            var bounds = Vector512.Create<double>(_bounds.AsSpan(i, Block));
            var open = Vector512
                .LessThanOrEqual(bounds, Vector512.Create(bestWork))
                .ExtractMostSignificantBits();
            for (; open != 0; open &= open - 1)
            {
                var j = i + BitOperations.TrailingZeroCount(open);
                if (j < best ? _bounds[j] <= bestWork : j > best && _bounds[j] < bestWork)
                {
                    var work = _instances[j].EstimatedWork(request, _stage);
                    if (work < bestWork || (work == bestWork && j < best))
                    {
                        (best, bestWork) = (j, work);
                    }
                }
            }
        }

        return best;
    }

    /// <summary>From the first question on: where none is asked, nothing is kept up.</summary>
    private void Watch()
    {
        _isWatching = true;
        for (var i = 0; i < _instances.Length; i++)
        {
            var position = i;
            MarkChanged(position);
            _instances[i].WorkChanged += () => MarkChanged(position);
        }
    }

    private void MarkChanged(int position)
    {
        if (!_isChanged[position])
        {
            _isChanged[position] = true;
            _changed.Push(position);
        }
    }

    private void RefreshChanged()
    {
        while (_changed.TryPop(out var position))
        {
            _isChanged[position] = false;
            var bound = _instances[position].BoundWork(_stage);
            Put(position, bound with { Work = bound.Work - (Tolerance * (1 + Math.Abs(bound.Work))) });
        }
    }

    private void Put(int position, in WorkBound bound)
    {
        var figures = _figures.AsSpan((position / Block * Block * Figures) + (position % Block));
        figures[0] = bound.Work;
        figures[Block] = bound.Since.Nanoseconds;
        figures[2 * Block] = bound.StepsPerNanosecond;
        figures[3 * Block] = bound.StepWork;
        figures[4 * Block] = bound.Floor;
    }

    /// <summary>Works out all bounds at that time.</summary>
    /// <returns>The first position of the least.</returns>
    private int FindLeastBound(SimTime time)
    {
        var now = Vector512.Create((double)time.Nanoseconds);
        var least = Vector512.Create(double.PositiveInfinity);
        var starts = Vector512<double>.Zero;
        for (var i = 0; i < _bounds.Length; i += Block)
        {
            var figures = _figures.AsSpan(i * Figures, Block * Figures);
            var work = Vector512.Create<double>(figures);
            var since = Vector512.Create<double>(figures[Block..]);
            var stepsPerNanosecond = Vector512.Create<double>(figures[(2 * Block)..]);
            var stepWork = Vector512.Create<double>(figures[(3 * Block)..]);
            var floor = Vector512.Create<double>(figures[(4 * Block)..]);
            var done = Vector512.Floor((now - since) * stepsPerNanosecond) * stepWork;
            var bound = Vector512.MaxNative(work - done, floor);
            bound.CopyTo(_bounds.AsSpan(i, Block));
            starts = Vector512.ConditionalSelect(
                Vector512.LessThan(bound, least),
                Vector512.Create((double)i),
                starts
            );
            least = Vector512.MinNative(least, bound);
        }

        var (position, value) = (0, double.PositiveInfinity);
        for (var lane = 0; lane < Block; lane++)
        {
            var at = (int)starts[lane] + lane;
            if (least[lane] < value || (least[lane] == value && at < position))
            {
                (position, value) = (at, least[lane]);
            }
        }

        return position;
    }
}

/// <summary>
/// What the estimated work of an instance is at least, until it changes other than by the passing of time: <paramref name="Work" />
/// less <paramref name="StepWork" /> for each step that has ended since <paramref name="Since" />, but <paramref name="Floor" />.
/// </summary>
internal readonly record struct WorkBound(
    double Work,
    SimTime Since,
    double StepsPerNanosecond,
    double StepWork,
    double Floor
)
{
    /// <summary>No bound is known.</summary>
    public static WorkBound None { get; } = Steady(double.NegativeInfinity);

    /// <summary>Work that does not become less by itself.</summary>
    public static WorkBound Steady(double work) => new(work, SimTime.Zero, 0, 0, work);
}
