using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Experiments.Verification;

/// <summary>An instance of the cluster, and when requests are there by their records.</summary>
/// <param name="Stage">The name of its stage in results.</param>
/// <param name="Index">Its number in results.</param>
/// <param name="Spec">What it is; a mixed one has an engine.</param>
internal sealed record InstancePlace(string Stage, int Index, InstanceSpec Spec)
{
    public const string Prefill = "prefill";
    public const string Decode = "decode";
    public const string Mixed = "mixed";

    /// <summary>Every instance; mixed ones are numbered after all others.</summary>
    public static IReadOnlyList<InstancePlace> All(Scenario scenario)
    {
        var firstMixed = Math.Max(scenario.PrefillInstances.Count, scenario.DecodeInstances.Count);
        return
        [
            .. scenario.PrefillInstances.Select((spec, index) => new InstancePlace(Prefill, index, spec)),
            .. scenario.DecodeInstances.Select((spec, index) => new InstancePlace(Decode, index, spec)),
            .. scenario.MixedInstances.Select(
                (spec, i) =>
                    new InstancePlace(
                        Mixed,
                        firstMixed + i,
                        spec with
                        {
                            Engine = spec.Engine ?? new EngineSpec(),
                        }
                    )
            ),
        ];
    }

    /// <summary>Places in a list of served requests by the stage and number of the instances at which each got tokens.</summary>
    public static ILookup<(string Stage, int Index), int> Visits(
        Scenario scenario,
        IReadOnlyList<RequestRecord> served
    )
    {
        var firstMixed = Math.Max(scenario.PrefillInstances.Count, scenario.DecodeInstances.Count);
        return Enumerable
            .Range(0, served.Count)
            .SelectMany(place => InstancesOf(served[place]).Select(instance => (place, instance)))
            .ToLookup(visit => visit.instance, visit => visit.place);

        IEnumerable<(string, int)> InstancesOf(RequestRecord record)
        {
            if (record.PrefillInstance < firstMixed)
            {
                yield return (Prefill, record.PrefillInstance);
            }

            var last = record.DecodeInstance >= 0 ? record.DecodeInstance : record.PrefillInstance;
            if (last >= firstMixed)
            {
                yield return (Mixed, last);
            }
            else if (record.DecodeInstance >= 0)
            {
                yield return (Decode, last);
            }
        }
    }

    /// <summary>From when to when a request is in its batch, or was taken out of it for a time.</summary>
    public (SimTime From, SimTime Until) Computing(in RequestRecord record) =>
        Stage == Prefill ? (record.PrefillStart, record.PrefillFinish)
        : Stage == Mixed && record.PrefillInstance == Index ? (record.PrefillStart, record.Finish)
        : (record.FirstDecodeStart, record.Finish);

    /// <summary>From when to when its KV cache is here; on a prefill instance until it has been sent.</summary>
    public (SimTime From, SimTime Until) Holding(in RequestRecord record) =>
        Stage == Prefill ? (record.PrefillStart, record.TransferFinish) : Computing(record);

    /// <summary>From when to when it waits or runs here, when requests come to the router so long after their arrival.</summary>
    public (SimTime From, SimTime Until) Staying(in RequestRecord record, SimTime delay) =>
        Stage == Decode || (Stage == Mixed && record.PrefillInstance != Index)
            ? (record.TransferFinish, record.Finish)
            : (
                record.EncodeStart is null ? record.Arrival + delay : record.EncodeFinish,
                Stage == Prefill ? record.PrefillFinish : record.Finish
            );

    /// <summary>
    /// Bytes that its KV cache may have: more than there are where admission overshoots, and a token of each request where all of them are
    /// evicted once they are over the limit.
    /// </summary>
    public double KvLimit(Semantics semantics, long capacityBytes, long bytesOfAToken) =>
        Spec.Engine is not null ? capacityBytes
        : semantics.Admission == Admission.Overshoot ? double.MaxValue
        : Stage == Decode && semantics.Saturation == Saturation.EvictAll
            ? (double)capacityBytes + bytesOfAToken
        : capacityBytes;

    /// <summary>Tokens of its KV cache at its end in an engine: that of the last token is never asked for.</summary>
    public long MostTokens(RequestRecord record) =>
        Stage == Prefill ? record.TraceInputTokens : record.TraceInputTokens + record.TraceOutputTokens - 1L;
}
