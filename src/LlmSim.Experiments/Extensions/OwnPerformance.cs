using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>A performance model of a user's own: a class of a source or an assembly, of which each run makes what it needs.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Type">The class.</param>
/// <param name="Hash">Identifies its file, and for an assembly those that it may call.</param>
internal sealed record OwnPerformance(string Name, Type Type, string Hash)
{
    /// <summary>The model of an instance. Its answers are checked.</summary>
    /// <exception cref="UserErrorException">The constructor throws.</exception>
    public IPerformanceModel Create(PerformanceContext context)
    {
        try
        {
            var arguments =
                Type.GetConstructors().Single().GetParameters().Length == 0 ? [] : new[] { context };
            using var call = AuthorsCall.Enter($"performance model {Name}", "in its constructor");
            return new CheckedModel(Name, (IPerformanceModel)Activator.CreateInstance(Type, arguments)!);
        }
        catch (Exception e)
        {
            throw new UserErrorException(
                $"performance model {Name}: its constructor: {AuthorsFailure.Describe(Type, e)}",
                e
            );
        }
    }

    /// <summary>What its code does that a run's result must not depend on; empty for nothing.</summary>
    public IReadOnlyList<string> Findings() => CodeScan.Findings(Type);
}
