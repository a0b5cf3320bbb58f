namespace LlmSim.Policies;

/// <summary>The decisions that policies take.</summary>
[Flags]
public enum PolicyDecisions
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Which prefill instance gets an arriving request.</summary>
    PrefillGlobal = 1,

    /// <summary>Which queued request a prefill instance takes next.</summary>
    PrefillLocal = 2,

    /// <summary>Which decode instance gets a prefilled request.</summary>
    DecodeGlobal = 4,

    /// <summary>Which queued request joins a decode batch next.</summary>
    DecodeLocal = 8,

    /// <summary>Whether the cluster takes a request that a client sends.</summary>
    Admission = 16,

    /// <summary>How many instances a stage should have.</summary>
    Autoscale = 32,

    /// <summary>Which running request is preempted when KV memory runs out.</summary>
    Victim = 64,

    /// <summary>How long the output of a request will be, for other policies to use.</summary>
    OutputPredictor = 128,

    /// <summary>What an iteration of an engine computes.</summary>
    Batching = 256,

    /// <summary>Both routing decisions.</summary>
    Global = PrefillGlobal | DecodeGlobal,

    /// <summary>Both queueing decisions.</summary>
    Local = PrefillLocal | DecodeLocal,
}

/// <summary>Makes a class a policy: its name on the command line, what it decides, and one line about it.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PolicyAttribute : Attribute, INamedCode
{
    /// <summary>Names the policy.</summary>
    /// <param name="name">Lower case with underscores, unique among the policies of a decision.</param>
    public PolicyAttribute(string name) => Name = name;

    /// <summary>Name on the command line.</summary>
    public string Name { get; }

    string INamedCode.Title => $"policy {Name}";

    /// <summary>The decisions that it serves.</summary>
    public required PolicyDecisions Decisions { get; init; }

    /// <summary>One line for the list of policies.</summary>
    public required string Summary { get; init; }

    /// <summary>
    /// The promise that its choices do not depend on <see cref="RequestView.TtftDeadline" />. Runs that differ only in their SLOs
    /// are then one simulation, when all policies promise it.
    /// </summary>
    public bool IgnoresTtftDeadline { get; init; }
}

/// <summary>Makes a property of a policy an option, given as <c>name:key=value,key=value</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PolicyOptionAttribute : Attribute
{
    /// <summary>Names the option.</summary>
    public PolicyOptionAttribute(string key) => Key = key;

    /// <summary>Name of the option, lower case with underscores.</summary>
    public string Key { get; }

    /// <summary>Smallest value allowed.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value allowed.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>What it does, with its unit.</summary>
    public required string Summary { get; init; }
}
