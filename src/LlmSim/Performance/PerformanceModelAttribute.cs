namespace LlmSim.Performance;

/// <summary>Gives a performance model of one's own a name, for <c>--performance mine:NAME</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PerformanceModelAttribute : Attribute
{
    /// <summary>Names the model.</summary>
    /// <param name="name">Lower case with underscores, unique in its folder.</param>
    public PerformanceModelAttribute(string name) => Name = name;

    /// <summary>Name on the command line.</summary>
    public string Name { get; }
}

/// <summary>What a performance model of one's own is made for: the argument of its constructor.</summary>
/// <param name="Model">The model that is served.</param>
/// <param name="Precision">The formats of its operands.</param>
/// <param name="Instance">The accelerators of the instance, and how they work together.</param>
/// <param name="Semantics">The options of the run, as the roofline takes them.</param>
public sealed record PerformanceContext(
    ModelDescription Model,
    Precision Precision,
    InstanceSpec Instance,
    Semantics Semantics
);
