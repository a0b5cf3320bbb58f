namespace LlmSim.Experiments.Planning;

/// <summary>The sizes of a shape that may be bought.</summary>
internal static class Sizes
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Candidate> All(PlanQuestion question, InstanceShape shape) =>
        shape.IsDisaggregated
            ? Counts(question, shape, prefill => ClusterSize.Of(prefill, 1))
                .SelectMany(prefill =>
                    Counts(question, shape, decode => ClusterSize.Of(prefill, decode))
                        .Select(decode => new Candidate(shape, ClusterSize.Of(prefill, decode)))
                )
            : Counts(question, shape, ClusterSize.OfMixed)
                .Select(instances => new Candidate(shape, ClusterSize.OfMixed(instances)));

    /// <summary>Those to which nothing can be added: of a disaggregated shape every way to divide what may be bought.</summary>
    public static IEnumerable<Candidate> Largest(PlanQuestion question, InstanceShape shape)
    {
        if (!shape.IsDisaggregated)
        {
            return All(question, shape).TakeLast(1);
        }

        var largest = new List<Candidate>();
        var decode = question.MaxAccelerators;
        for (var prefill = 1; decode > 0; prefill++)
        {
            while (decode > 0 && !Allows(prefill, decode))
            {
                decode--;
            }

            if (decode > 0 && !Allows(prefill + 1, decode))
            {
                largest.Add(new Candidate(shape, ClusterSize.Of(prefill, decode)));
            }
        }

        return largest;

        bool Allows(int prefill, int decode) =>
            question.Allows(new Candidate(shape, ClusterSize.Of(prefill, decode)));
    }

    private static IEnumerable<int> Counts(
        PlanQuestion question,
        InstanceShape shape,
        Func<int, ClusterSize> sizeOf
    ) =>
        Enumerable
            .Range(1, question.MaxAccelerators)
            .TakeWhile(count => question.Allows(new Candidate(shape, sizeOf(count))));
}
