namespace LlmSim.Experiments.Planning;

/// <summary>The fewest instances of a shape at which the SLOs hold, by short runs.</summary>
internal sealed class SizeSearch(PlanQuestion question, InstanceShape shape, LoadBound bound)
    : Search(question, shape)
{
    public override Search? Check(double? below) => new SizeCheck(Question, Found!.Probe.Candidate, below);

    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        if (IsDroppedAtOnce())
        {
            yield break;
        }

        var least = Shape.IsDisaggregated
            ? ClusterSize.Of(bound.Prefill(Shape), bound.Decode(Shape))
            : ClusterSize.OfMixed(bound.Mixed(Shape));
        RaiseTo(least);
        if (!Allows(least))
        {
            Drop($"needs at least {Describe(least)} by the bound of its data sheet, more than is allowed");
            yield break;
        }

        yield return
        [
            ProbeOf(Shape.IsDisaggregated ? ClusterSize.Of(1, 1) : ClusterSize.OfMixed(1), ProbeLevel.Idle),
        ];
        if (IsDroppedIdle())
        {
            yield break;
        }

        foreach (
            var round in Shape.IsDisaggregated
                ? Disaggregated(least)
                : Fewest(least.Mixed, ClusterSize.OfMixed)
        )
        {
            yield return round;
        }
    }

    /// <summary>
    /// The fewest that prefill beside ample decode instances, then the fewest that decode beside those, then whether more that prefill
    /// save more that decode. That is exact where more instances never do harm: fewer that prefill were too few even beside the ample.
    /// </summary>
    private IEnumerable<IReadOnlyList<Probe>> Disaggregated(ClusterSize least)
    {
        var decode = Ample(least);
        foreach (
            var round in Fewest(least.Prefill, prefill => ClusterSize.Of(prefill, decode), isDropped: false)
        )
        {
            yield return round;
        }

        var isBesideAmple = Found is not null;
        if (!isBesideAmple)
        {
            foreach (var round in Front(least))
            {
                yield return round;
            }
        }

        if (Found is null)
        {
            Drop($"{Nearest?.Reason} with the most that are allowed, however they are divided");
            yield break;
        }

        var size = Found.Probe.Candidate.Size;
        foreach (
            var round in Fewest(least.Decode, count => ClusterSize.Of(size.Prefill, count), most: size.Decode)
        )
        {
            yield return round;
        }

        for (var prefill = size.Prefill + 1; Lighter(prefill) >= least.Decode; prefill++)
        {
            foreach (var round in Improve(prefill, least))
            {
                yield return round;
            }
        }

        // Fewer that prefill were too few beside the ample that decode, not always beside more of them.
        for (
            var prefill = size.Prefill - 1;
            isBesideAmple && prefill >= least.Prefill && Lighter(prefill) > decode;
            prefill--
        )
        {
            foreach (var round in Improve(prefill, least))
            {
                yield return round;
            }
        }
    }

    /// <summary>Something lighter than what was found, with so many that prefill.</summary>
    private IEnumerable<IReadOnlyList<Probe>> Improve(int prefill, ClusterSize least)
    {
        var lighter = Lighter(prefill);
        yield return [ProbeOf(ClusterSize.Of(prefill, lighter), ProbeLevel.Short)];
        if (!Judged[0].Holds)
        {
            yield break;
        }

        Take(Judged[0]);
        foreach (var round in Fewest(least.Decode, count => ClusterSize.Of(prefill, count), most: lighter))
        {
            yield return round;
        }
    }

    /// <summary>The most that decode beside so many that prefill in a cluster that is lighter than what was found; 0 for none.</summary>
    private int Lighter(int prefill)
    {
        var weight = Question.Weight(Found!.Probe.Candidate);
        var decode = 0;
        while (
            Question.Weight(new Candidate(Shape, ClusterSize.Of(prefill, decode + 1))) < weight
            && Allows(ClusterSize.Of(prefill, decode + 1))
        )
        {
            decode++;
        }

        return decode;
    }

    /// <summary>Every way to divide the most that are allowed, from the fewest that prefill on.</summary>
    private IEnumerable<IReadOnlyList<Probe>> Front(ClusterSize least)
    {
        foreach (
            var candidate in Sizes
                .Largest(Question, Shape)
                .Where(candidate =>
                    candidate.Size.Prefill >= least.Prefill && candidate.Size.Decode >= least.Decode
                )
        )
        {
            yield return [ProbeOf(candidate.Size, ProbeLevel.Short)];
            if (Judged[0].Holds)
            {
                Take(Judged[0]);
                yield break;
            }
        }
    }

    /// <summary>So many decode instances that prefill is what limits, as far as they may be bought.</summary>
    private int Ample(ClusterSize least)
    {
        const int Ample = 4;
        var ample = least.Decode * Ample;
        while (ample > least.Decode && !Allows(ClusterSize.Of(least.Prefill, ample)))
        {
            ample--;
        }

        return ample;
    }

    /// <summary>Steps up from the bound, then halves what is left between the most that fails and the fewest that hold.</summary>
    private IEnumerable<IReadOnlyList<Probe>> Fewest(
        int least,
        Func<int, ClusterSize> sizeOf,
        int? most = null,
        bool isDropped = true
    )
    {
        var fails = least - 1;
        var holds = most;
        for (var count = least; holds is null || holds - fails > 1; )
        {
            yield return [ProbeOf(sizeOf(count), ProbeLevel.Short)];
            var judged = Judged[0];
            if (judged.Holds)
            {
                holds = count;
                Take(judged);
            }
            else
            {
                fails = count;
                if (most is null && isDropped)
                {
                    RaiseTo(sizeOf(count + 1));
                }
            }

            if (holds is { } known)
            {
                count = (fails + known) / 2;
            }
            else if (!Allows(sizeOf(fails + 1)))
            {
                if (isDropped)
                {
                    Drop($"{judged.Reason} with the most that are allowed, {Describe(sizeOf(fails))}");
                }

                yield break;
            }
            else
            {
                count = Step(fails, sizeOf, judged);
            }
        }
    }

    /// <summary>Half as many again, or what the throughput of an overloaded run asks for; at most what is allowed.</summary>
    private int Step(int fails, Func<int, ClusterSize> sizeOf, Judgement judged)
    {
        var grown = (int)Math.Ceiling(fails * Math.Max(1.3, Overload(judged)));
        var count = Math.Max(fails + 1, grown);
        while (!Allows(sizeOf(count)))
        {
            count--;
        }

        return count;
    }

    private double Overload(Judgement judged)
    {
        const double Most = 3;
        var throughput = judged.RequestsPerSecond;
        return throughput > 0 ? Math.Clamp(bound.RequestsPerSecond / throughput, 1, Most) : 1;
    }

    private void Take(Judgement judged)
    {
        if (Found is null || Question.Weight(judged.Probe.Candidate) < Question.Weight(Found.Probe.Candidate))
        {
            Found = judged;
        }
    }

    private string Describe(ClusterSize size) =>
        FormattableString.Invariant($"{new Candidate(Shape, size).Accelerators} accelerators ({size})");
}
