namespace LlmSim.Experiments.Planning;

/// <summary>The sizes of a shape that may be bought.</summary>
internal static class Sizes
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Candidate> All(PlanQuestion question, InstanceShape shape) =>
        Enumerable
            .Range(1, question.MaxAccelerators / shape.TpSize)
            .SelectMany(instances => Of(shape, instances))
            .Where(question.Allows);

    /// <summary>Those of the most instances: of a disaggregated shape every way to divide them.</summary>
    public static IEnumerable<Candidate> Largest(PlanQuestion question, InstanceShape shape) =>
        Enumerable
            .Range(1, question.MaxAccelerators / shape.TpSize)
            .Reverse()
            .Select(instances => Of(shape, instances).Where(question.Allows).ToArray())
            .FirstOrDefault(candidates => candidates.Length > 0)
        ?? [];

    private static IEnumerable<Candidate> Of(InstanceShape shape, int instances) =>
        shape.IsDisaggregated
            ? Enumerable
                .Range(1, instances - 1)
                .Select(prefill => new Candidate(shape, ClusterSize.Of(prefill, instances - prefill)))
            : [new Candidate(shape, ClusterSize.OfMixed(instances))];
}
