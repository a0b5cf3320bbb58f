using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Experiments.Verification;

/// <summary>Recomputes what instances did from where the requests were.</summary>
internal sealed class InstanceChecks
{
    private const string Encode = "encode";

    private readonly Findings _findings;
    private readonly Scenario _scenario;
    private readonly RequestRecord[] _served;
    private readonly int _all;

    public InstanceChecks(Findings findings, Scenario scenario, IReadOnlyList<RequestRecord> records)
    {
        _findings = findings;
        _scenario = scenario;
        _served = [.. records.Where(record => !record.IsRejected)];
        _all = records.Count;
    }

    public void Check(RunSummary summary)
    {
        var places = InstancePlace.All(_scenario);
        _findings.Same(
            "instances",
            string.Join(
                ", ",
                places
                    .Select(place => $"{place.Stage} {place.Index}")
                    .Concat(_scenario.EncodeInstances.Select((_, index) => $"{Encode} {index}"))
                    .Order(StringComparer.Ordinal)
            ),
            string.Join(
                ", ",
                summary.Instances.Select(used => $"{used.Stage} {used.Index}").Order(StringComparer.Ordinal)
            )
        );
        var usages = summary.Instances.ToLookup(used => (used.Stage, used.Index));
        var visits = InstancePlace.Visits(_scenario, _served);
        var iterations = 0.0;
        foreach (var place in places)
        {
            RequestRecord[] here = [.. visits[(place.Stage, place.Index)].Select(visit => _served[visit])];
            foreach (var usage in usages[(place.Stage, place.Index)])
            {
                iterations += Check(place, usage, here, summary.MakespanSeconds);
            }
        }

        CheckEncoders([.. summary.Instances.Where(usage => usage.Stage == Encode)], summary.MakespanSeconds);
        CheckIterations(summary.DecodeIterations, iterations);
        CheckCaches(summary.PagedCache);
    }

    /// <summary>All pictures of requests that were served are encoded once; those of others may be.</summary>
    private void CheckEncoders(InstanceUsage[] usages, double makespanSeconds)
    {
        foreach (var usage in usages)
        {
            var spec = _scenario.EncodeInstances[usage.Index];
            _findings.Same($"encode instance {usage.Index}: accelerator", spec.Hardware.Name, usage.Hardware);
            _findings.Same($"encode instance {usage.Index}: tp_size", spec.TpSize, usage.TpSize);
            _findings.Within($"encode instance {usage.Index}: utilization", 0, 1, usage.Utilization);
            _findings.Near(
                $"encode instance {usage.Index}: busy_seconds",
                usage.Utilization * makespanSeconds,
                usage.BusySeconds
            );
        }

        _findings.Within(
            "encode instances: pictures",
            _served.Where(record => record.EncodeStart is not null).Sum(record => record.Media),
            _served.Length == _all ? _served.Sum(record => record.Media) : double.PositiveInfinity,
            usages.Sum(usage => usage.Requests)
        );
    }

    /// <summary>Checks an instance; gives its decode iterations, as its mean batch and its tokens say, NaN where they do not.</summary>
    private double Check(
        InstancePlace place,
        InstanceUsage usage,
        RequestRecord[] here,
        double makespanSeconds
    )
    {
        var name = $"{place.Stage} instance {place.Index}";
        _findings.Same($"{name}: accelerator", place.Spec.Hardware.Name, usage.Hardware);
        _findings.Same($"{name}: tp_size", place.Spec.TpSize, usage.TpSize);
        _findings.Same($"{name}: pp_size", place.Spec.PpSize, usage.PpSize);
        _findings.Same($"{name}: cp_size", place.Spec.CpSize ?? 1, usage.CpSize ?? 1);
        _findings.Require(
            place.Spec.PpSize == 1
                ? double.IsNaN(usage.PipelineBubble)
                : double.IsNaN(usage.PipelineBubble) || usage.PipelineBubble is > -1e-9 and <= 1,
            $"{name}: pipeline_bubble {usage.PipelineBubble}"
        );
        _findings.Same($"{name}: requests of another model", 0, here.Count(r => r.Model != place.Spec.Model));
        _findings.Same($"{name}: requests", here.Length, usage.Requests);
        _findings.Near(
            $"{name}: utilization",
            makespanSeconds > 0 ? usage.BusySeconds / makespanSeconds : 0,
            usage.Utilization
        );
        var present = new Presence();
        foreach (var record in here)
        {
            var (from, until) = place.Computing(record);
            present.Add(from, until);
        }

        // An instance computes as long as a request is in its batch, and a prefill instance one prompt at a time. A preempted
        // request may wait for memory that is held for others while nobody computes.
        var mayWait = place.Spec.Engine is not null && Array.Exists(here, record => record.Evictions > 0);
        var covered = present.Covered().Seconds;
        _findings.Within($"{name}: busy_seconds", mayWait ? 0 : covered, covered, usage.BusySeconds);
        var mostPresent = present.Peak().Most;
        CheckMemory(place, usage, here, name, mostPresent);
        return CheckBatch(place, usage, here, name, mostPresent);
    }

    private void CheckMemory(
        InstancePlace place,
        InstanceUsage usage,
        RequestRecord[] here,
        string name,
        long mostPresent
    )
    {
        var served = _scenario.ModelOf(place.Spec);
        var bytesPerToken = KvCapacity
            .Footprint(served.Model, served.Precision, _scenario.Semantics)
            .BytesPerToken;
        _findings.Within(
            $"{name}: peak_kv_bytes",
            0,
            place.KvLimit(_scenario.Semantics, usage.KvCapacityBytes, mostPresent * bytesPerToken),
            usage.PeakKvBytes
        );
        _findings.Require(
            place.Spec.Engine is null
                ? double.IsNaN(usage.KvOccupancy)
                : double.IsNaN(usage.KvOccupancy) || usage.KvOccupancy is >= 0 and <= 1,
            $"{name}: kv_occupancy {usage.KvOccupancy}"
        );
        if (place.Spec.Engine is { } engine)
        {
            // Requests share blocks, so that of all only the largest is sure to have been there.
            var most = here.Length == 0 ? 0 : here.Max(place.MostTokens);
            var blockTokens = BlockTokens(place, engine);
            var blocks = (most + blockTokens - 1) / blockTokens;
            _findings.Within(
                $"{name}: peak_kv_bytes",
                (double)blocks * blockTokens * bytesPerToken,
                usage.KvCapacityBytes,
                usage.PeakKvBytes
            );
            return;
        }

        var (least, all) = (new Presence(), new Presence());
        var beside = KvBeside.Tokens(served.Model, served.Precision, place.Spec, _scenario.Semantics);
        foreach (var record in here)
        {
            var (from, until) = place.Holding(record);
            all.Add(from, until, beside + HeldAtMost(place, record));
            // An evicted request is elsewhere for a time.
            if (record.Evictions == 0 || place.Stage == InstancePlace.Prefill)
            {
                least.Add(from, until, beside + record.TraceInputTokens);
            }
        }

        var alone = here.Length == 0 ? 0 : beside + here.Max(record => HeldAtMost(place, record));
        _findings.Within(
            $"{name}: peak_kv_bytes",
            (double)Math.Max(least.Peak().Least, alone) * bytesPerToken,
            (double)all.Peak().Most * bytesPerToken,
            usage.PeakKvBytes
        );
    }

    private long HeldAtMost(InstancePlace place, RequestRecord record) =>
        record.TraceInputTokens
        + (
            place.Stage == InstancePlace.Prefill
                ? 0L
                : RecordChecks.TokensToDecode(_scenario.Semantics, record)
        );

    /// <summary>Tokens of a block, which states may make larger than the engine's.</summary>
    private int BlockTokens(InstancePlace place, EngineSpec engine)
    {
        var served = _scenario.ModelOf(place.Spec);
        return StatePages.Of(engine, served.Model, served.Precision, place.Spec).BlockTokens;
    }

    private double CheckBatch(
        InstancePlace place,
        InstanceUsage usage,
        RequestRecord[] here,
        string name,
        long mostPresent
    )
    {
        _findings.Require(
            here.Length == 0 ? double.IsNaN(usage.MeanBatch) : usage.MeanBatch >= 0,
            $"{name}: mean_batch {usage.MeanBatch} with {here.Length} requests"
        );
        if (here.Length > 0)
        {
            _findings.Within($"{name}: mean_batch", 0, mostPresent, usage.MeanBatch);
        }

        if (place.Stage == InstancePlace.Prefill)
        {
            return 0;
        }

        // A token that comes with a recomputation is of no iteration.
        if (place.Spec.Engine is not null || Array.Exists(here, record => record.Evictions > 0))
        {
            return double.NaN;
        }

        var tokens = here.Sum(record => (long)RecordChecks.TokensToDecode(_scenario.Semantics, record));
        return tokens == 0 ? 0 : tokens / usage.MeanBatch;
    }

    /// <summary>Iterations times the mean batch are the tokens: Little's law in the time of a decode instance.</summary>
    private void CheckIterations(long found, double recomputed)
    {
        var least = _served
            .Where(record => record.DecodeInstance >= 0 && record.Evictions == 0)
            .Select(record => record.TraceOutputTokens - 1)
            .DefaultIfEmpty(0)
            .Max();
        var mostAtOnce = RecordChecks.MostTokensAtOnce(_scenario);
        // Each iteration computes a token of somebody; an evicted request may start over.
        var most = _served.Sum(r => (1.0 + r.Evictions) * ((double)r.TraceInputTokens + r.TraceOutputTokens));
        _findings.Within("decode_iterations", (least + mostAtOnce - 1) / mostAtOnce, most, found);
        if (!double.IsNaN(recomputed))
        {
            _findings.Near("decode_iterations", recomputed, found);
        }
    }

    private void CheckCaches(PagedCacheUsage? found)
    {
        var engines = InstancePlace.All(_scenario).Where(place => place.Spec.Engine is not null).ToArray();
        _findings.Same("paged_cache", engines.Length > 0, found is not null);
        if (found is null)
        {
            return;
        }

        var sizes = engines
            .Where(place => place.Stage != InstancePlace.Decode)
            .ToDictionary(place => place.Index, place => BlockTokens(place, place.Spec.Engine!));
        var (tokens, blocks) = (0L, 0L);
        foreach (var record in _served)
        {
            if (sizes.TryGetValue(record.PrefillInstance, out var size))
            {
                tokens += record.TraceInputTokens;
                blocks += ((long)record.TraceInputTokens + size - 1) / size;
            }
        }

        _findings.Same("prompt_tokens", tokens, found.PromptTokens);
        _findings.Same("prompt_blocks", blocks, found.PromptBlocks);
        _findings.Within("hit_blocks", 0, blocks, found.HitBlocks);
        _findings.Within(
            "hit_tokens",
            (double)found.HitBlocks * sizes.Values.DefaultIfEmpty(0).Min(),
            Math.Min(tokens, (double)found.HitBlocks * sizes.Values.DefaultIfEmpty(0).Max()),
            found.HitTokens
        );
        _findings.Require(found.Evictions >= 0, $"block evictions: found {found.Evictions}");
        var evictions = _served.Sum(record => (long)record.Evictions);
        var areAllEngines = engines.Length == _scenario.Instances.Count();
        _findings.Within("preemptions", areAllEngines ? evictions : 0, evictions, found.Preemptions);
    }
}
