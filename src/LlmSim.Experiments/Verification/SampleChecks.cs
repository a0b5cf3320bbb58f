using LlmSim.Engine;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Policies;

namespace LlmSim.Experiments.Verification;

/// <summary>
/// Compares the requests that an instance says it has, at many instants of the run, with those that were there by their records: Little's
/// law instant by instant. The memory that it says it holds has to be within its limit.
/// </summary>
/// <remarks>Instants are evenly spaced; when there are too many, every other one of those to come is left out.</remarks>
internal sealed class SampleChecks(Findings findings, Scenario scenario)
{
    private const double FirstIntervalSeconds = 1e-4;

    /// <summary>So many samples are kept, over all instances, give or take a factor of two.</summary>
    private const int MostSamples = 1 << 18;

    private const int MostInstants = 1 << 12;

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
            MaxInstants = Math.Clamp(MostSamples / scenario.Instances.Count() / 2, 1, MostInstants / 2) * 2,
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
        if (sample.Queue is null && _samples.Count < 2 * MostSamples)
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
        foreach (var record in here)
        {
            var (from, until) = place.Staying(record, delay);
            staying.Add(from, until);
            prefills.Add(record.PrefillStart, record.PrefillFinish);
            held.Add(record.PrefillStart, record.TransferFinish, record.TraceInputTokens);
        }

        // A request whose prefix is being fetched has been routed and waits nowhere.
        var mayBeOnItsWay =
            place.Stage != InstancePlace.Decode && scenario.Policies.PrefillGlobal is IPrefixFetchingPolicy;
        var isLimited = place.Spec.Engine is not null || scenario.Semantics.Admission == Admission.Strict;
        var bytesPerToken = KvCapacity.BytesPerToken(scenario.Model, scenario.Precision, scenario.Semantics);
        foreach (var sample in samples)
        {
            var there = staying.At(sample.Time);
            var found = sample.QueuedRequests + sample.RunningRequests;
            findings.Require(
                mayBeOnItsWay ? found <= there : found == there,
                $"{place.Stage} instance {place.Index} at {sample.Time}: found {sample.QueuedRequests} queued and {sample.RunningRequests} running; by the records {there} are there"
            );
            findings.Require(
                sample.HeldKvBytes >= 0 && (!isLimited || sample.HeldKvBytes <= sample.KvCapacityBytes),
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
