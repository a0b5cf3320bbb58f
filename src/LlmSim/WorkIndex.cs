using System.Numerics;
using LlmSim.Engine;

namespace LlmSim;

/// <summary>
/// Finds the instance with the least estimated work without asking each: bounds from below, which hold until an instance's work
/// changes, lie side by side in memory, and only those instances are asked whose bound leaves it open.
/// </summary>
internal sealed class WorkIndex
{
    /// <summary>More than what rounding may add to falling work, relative to one or to the work; floors are exact.</summary>
    private const double Tolerance = 1e-9;

    private readonly Instance[] _instances;
    private readonly double[] _works;
    private readonly double[] _sinces;
    private readonly double[] _stepsPerNanosecond;
    private readonly double[] _stepWorks;
    private readonly double[] _floors;
    private readonly double[] _bounds;

    /// <summary>Instances whose bound is out of date.</summary>
    private readonly Stack<int> _changed = new();

    private readonly bool[] _isChanged;
    private bool _isWatching;

    public WorkIndex(Instance[] instances)
    {
        _instances = instances;
        // Whole vectors; what is beyond the instances never has the least work.
        var length = instances.Length + Vector<double>.Count - (instances.Length % Vector<double>.Count);
        _works = new double[length];
        _sinces = new double[length];
        _stepsPerNanosecond = new double[length];
        _stepWorks = new double[length];
        _floors = new double[length];
        _bounds = new double[length];
        Array.Fill(_floors, double.PositiveInfinity);
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
        var bestWork = _instances[best].EstimatedWork(request);
        for (var i = 0; i < _bounds.Length; i += Vector<double>.Count)
        {
            if (!Vector.LessThanOrEqualAny(new Vector<double>(_bounds, i), new Vector<double>(bestWork)))
            {
                continue;
            }

            for (var j = i; j < Math.Min(i + Vector<double>.Count, _instances.Length); j++)
            {
                if (j < best ? _bounds[j] <= bestWork : j > best && _bounds[j] < bestWork)
                {
                    var work = _instances[j].EstimatedWork(request);
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
            _instances[i].WorkObserver = () => MarkChanged(position);
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
            var bound = _instances[position].WorkBound;
            _works[position] = bound.Work - (Tolerance * (1 + Math.Abs(bound.Work)));
            _sinces[position] = bound.Since.Nanoseconds;
            _stepsPerNanosecond[position] = bound.StepsPerNanosecond;
            _stepWorks[position] = bound.StepWork;
            _floors[position] = bound.Floor;
        }
    }

    /// <summary>Works out all bounds at that time.</summary>
    /// <returns>The first position of the least.</returns>
    private int FindLeastBound(SimTime time)
    {
        var now = new Vector<double>(time.Nanoseconds);
        var least = new Vector<double>(double.PositiveInfinity);
        var positions = Vector<double>.Zero;
        for (var i = 0; i < _bounds.Length; i += Vector<double>.Count)
        {
            var steps = (now - new Vector<double>(_sinces, i)) * new Vector<double>(_stepsPerNanosecond, i);
            var done = Vector.Floor(steps) * new Vector<double>(_stepWorks, i);
            var bound = Vector.Max(new Vector<double>(_works, i) - done, new Vector<double>(_floors, i));
            bound.CopyTo(_bounds, i);
            positions = Vector.ConditionalSelect(
                Vector.LessThan(bound, least),
                new Vector<double>((double)i),
                positions
            );
            least = Vector.Min(least, bound);
        }

        var (position, value) = (0, double.PositiveInfinity);
        for (var lane = 0; lane < Vector<double>.Count; lane++)
        {
            var at = (int)positions[lane] + lane;
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
    /// <summary>Nothing is known.</summary>
    public static WorkBound None { get; } = Steady(double.NegativeInfinity);

    /// <summary>Work that does not become less by itself.</summary>
    public static WorkBound Steady(double work) => new(work, SimTime.Zero, 0, 0, work);
}
