using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Policies;

namespace LlmSim.Experiments.Verification;

/// <summary>
/// Compares the requests that an instance says it has, at many instants of the run, with those that were there by their records: Little's
/// law instant by instant. The memory that it says it holds has to be within its limit.
/// </summary>
/// <remarks>The interval doubles when there are too many instants, up to some thirty times in a run.</remarks>
internal sealed class SampleChecks(Findings findings, Scenario scenario)
{
    private const double FirstIntervalSeconds = 1e-4;

    /// <summary>So many samples are kept, over all instances.</summary>
    private const int MostSamples = 1 << 19;

    private const int MostInstantsOfAnInterval = 1 << 12;

    /// <summary>A run of 30 years doubles the interval 33 times, and half of the instants of each are kept.</summary>
    private const int MostIntervals = 16;

    private readonly List<InstanceSample> _samples = [];

    public int Instants { get; private set; }

    /// <summary>The sampling that was asked for, whose samples at an interval are also kept here; or one of its own.</summary>
    public SamplingPlan Watch(SamplingPlan? asked)
    {
        if (asked?.IntervalSeconds is not null)
        {
            return asked with
            {
                OnSample = sample =>
                {
                    Add(sample);
                    asked.OnSample(sample);
                },
            };
        }

        return new SamplingPlan(sample =>
        {
            if (sample.Queue is null)
            {
                Add(sample);
            }
            else
            {
                asked!.OnSample(sample);
            }
        })
        {
            IntervalSeconds = FirstIntervalSeconds,
            MaxInstants =
                2
                * Math.Clamp(
                    MostSamples / MostIntervals / scenario.Instances.Count() / 2,
                    1,
                    MostInstantsOfAnInterval / 2
                ),
            EventRate = asked?.EventRate ?? 0,
        };
    }

    public void Check(IReadOnlyList<RequestRecord> records)
    {
        var served = records.Where(record => !record.IsRejected).ToArray();
        Instants = _samples.Select(sample => sample.Time).Distinct().Count();
        var samples = _samples.ToLookup(sample => (sample.Stage, sample.Index));
        var visits = InstancePlace.Visits(scenario, served);
        foreach (var place in InstancePlace.All(scenario))
        {
            var here = visits[(place.Stage, place.Index)].Select(visit => served[visit]);
            Check(place, here, samples[(place.Stage, place.Index)]);
        }
    }

    private void Add(InstanceSample sample)
    {
        if (sample.Queue is null && _samples.Count < MostSamples)
        {
            _samples.Add(sample);
        }
    }

    private void Check(
        InstancePlace place,
        IEnumerable<RequestRecord> here,
        IEnumerable<InstanceSample> samples
    )
    {
        var (staying, prefills, held) = (new Presence(), new Presence(), new Presence());
        var delay = SimTime.FromSeconds(scenario.RequestSeconds);
        var served = scenario.ModelOf(place.Spec);
        var tokensBeside = KvBeside.Tokens(served.Model, served.Precision, place.Spec, scenario.Semantics);
        foreach (var record in here)
        {
            var (from, until) = place.Staying(record, delay);
            staying.Add(from, until);
            prefills.Add(record.PrefillStart, record.PrefillFinish);
            held.Add(record.PrefillStart, record.TransferFinish, record.TraceInputTokens + tokensBeside);
        }

        // A request whose prefix is being fetched has been routed and waits nowhere.
        var mayBeOnItsWay =
            place.Stage != InstancePlace.Decode && scenario.Policies.PrefillGlobal is IPrefixFetchingPolicy;
        var bytesPerToken = KvCapacity
            .Footprint(served.Model, served.Precision, scenario.Semantics)
            .BytesPerToken;
        foreach (var sample in samples)
        {
            var there = staying.At(sample.Time);
            var found = sample.QueuedRequests + sample.RunningRequests;
            findings.Require(
                mayBeOnItsWay ? found <= there : found == there,
                $"{place.Stage} instance {place.Index} at {sample.Time}: found {sample.QueuedRequests} queued and {sample.RunningRequests} running; by the records {there} are there"
            );
            var limit = place.KvLimit(
                scenario.Semantics,
                sample.KvCapacityBytes,
                sample.RunningRequests * bytesPerToken
            );
            findings.Require(
                sample.HeldKvBytes >= 0 && sample.HeldKvBytes <= limit,
                $"{place.Stage} instance {place.Index} at {sample.Time}: {sample.HeldKvBytes} bytes of KV cache in {sample.KvCapacityBytes}"
            );
            if (place is { Stage: InstancePlace.Prefill, Spec.Engine: null })
            {
                var (running, bytes) = (prefills.At(sample.Time), held.At(sample.Time) * bytesPerToken);
                findings.Require(
                    (sample.RunningRequests, sample.HeldKvBytes) == (running, bytes),
                    $"prefill instance {place.Index} at {sample.Time}: found {sample.RunningRequests} running and {sample.HeldKvBytes} bytes of KV cache; recomputed {running} and {bytes}"
                );
            }
        }
    }
}
