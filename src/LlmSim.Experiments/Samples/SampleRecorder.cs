using LlmSim.Experiments.Results;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Samples;

/// <summary>Takes the samples that a run was asked for to their files, and keeps those that pictures need.</summary>
internal sealed class SampleRecorder
{
    /// <summary>Pictures start with this interval and double it, so that a run of any length has enough instants.</summary>
    private const double FirstPictureIntervalSeconds = 1e-4;

    private const int MaxPictureInstants = 2048;

    private readonly List<SampleWriter> _writers = [];
    private readonly List<InstanceSample> _kept = [];
    private readonly SampleOptions? _options;
    private readonly bool _keep;
    private long _rows;

    /// <summary>Opens the files.</summary>
    /// <param name="files">The run's result files.</param>
    /// <param name="options">What was asked for; null for nothing.</param>
    /// <param name="keep">Whether <see cref="Kept" /> is wanted.</param>
    /// <exception cref="UserErrorException">A path cannot be written.</exception>
    public SampleRecorder(OutputSet files, SampleOptions? options, bool keep)
    {
        _options = options;
        _keep = keep;
        Open(files, SampleOptions.QueueStatesOption, options?.QueueStates, SampleColumns.QueueStates);
        Open(files, SampleOptions.MemoryUsageOption, options?.MemoryUsage, SampleColumns.MemoryUsage);
    }

    /// <summary>What to sample; null for nothing.</summary>
    public SamplingPlan? Plan =>
        _options is null && !_keep
            ? null
            : new SamplingPlan(Add)
            {
                EventRate = _options?.EventRate ?? 0,
                IntervalSeconds = _options?.IntervalSeconds ?? (_keep ? FirstPictureIntervalSeconds : null),
                MaxInstants = IntervalIsForPictures ? MaxPictureInstants : null,
            };

    /// <summary>The samples at an interval, evenly spaced.</summary>
    public IReadOnlyList<InstanceSample> Kept
    {
        get
        {
            var times = _kept.Select(sample => sample.Time.Nanoseconds).Distinct().ToArray();
            var interval = times.Length < 2 ? 1 : times[^1] - times[^2];
            return _kept.FindAll(sample => sample.Time.Nanoseconds % interval == 0);
        }
    }

    private bool IntervalIsForPictures => _keep && _options?.IntervalSeconds is null;

    /// <summary>Ends the files.</summary>
    public void Complete() => _writers.ForEach(writer => writer.Complete());

    /// <summary>Takes a sample.</summary>
    /// <exception cref="UserErrorException">The files would have more rows than allowed.</exception>
    public void Add(InstanceSample sample)
    {
        var isAtInterval = sample.Queue is null;
        if (_keep && isAtInterval)
        {
            _kept.Add(sample);
        }

        if (isAtInterval && IntervalIsForPictures)
        {
            return;
        }

        if (_writers.Count > 0 && ++_rows > _options!.RowLimit)
        {
            throw SampleLimit.Exceeded(
                _options.RowLimit,
                FormattableString.Invariant(
                    $"there are more rows by {sample.Time.Seconds:G6} s of simulated time"
                )
            );
        }

        foreach (var writer in _writers)
        {
            writer.Add(sample);
        }
    }

    private void Open(OutputSet files, string option, string? path, IReadOnlyList<SampleColumn> columns)
    {
        if (path is not null)
        {
            _writers.Add(SampleWriter.Open(files, option, path, columns));
        }
    }
}
