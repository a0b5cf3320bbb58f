using System.Reflection;

namespace LlmSim.Policies;

/// <summary>What there is to know about a policy, and how to make one.</summary>
internal sealed class PolicyDescription
{
    /// <summary>What a policy of a decision has to be.</summary>
    public static readonly (PolicyDecisions Decisions, Type Interface)[] Interfaces =
    [
        (PolicyDecisions.Global, typeof(IGlobalPolicy)),
        (PolicyDecisions.Local, typeof(ILocalPolicy)),
        (PolicyDecisions.Admission, typeof(IAdmissionPolicy)),
        (PolicyDecisions.Autoscale, typeof(IAutoscalePolicy)),
        (PolicyDecisions.Victim, typeof(IVictimPolicy)),
        (PolicyDecisions.OutputPredictor, typeof(IOutputPredictorPolicy)),
        (PolicyDecisions.Batching, typeof(IBatchingPolicy)),
    ];

    private PolicyDescription(
        Type type,
        PolicyAttribute attribute,
        IReadOnlyList<PolicyOptionDescription> options,
        string? source
    )
    {
        Type = type;
        Source = source;
        Name = attribute.Name;
        Decisions = attribute.Decisions;
        Summary = attribute.Summary;
        Options = options;
    }

    /// <summary>Name on the command line.</summary>
    public string Name { get; }

    /// <summary>The decisions that it serves.</summary>
    public PolicyDecisions Decisions { get; }

    /// <summary>One line about it.</summary>
    public string Summary { get; }

    /// <summary>Its options, by key.</summary>
    public IReadOnlyList<PolicyOptionDescription> Options { get; }

    /// <summary>The file that it came from; null for a built-in one, or a class of a program.</summary>
    public string? Source { get; }

    internal Type Type { get; }

    /// <summary>Reads a class's attributes.</summary>
    /// <exception cref="UserErrorException">The class is not a usable policy; the message says why.</exception>
    internal static PolicyDescription Of(Type type, string? source = null)
    {
        var attribute =
            type.GetCustomAttribute<PolicyAttribute>()
            ?? throw new UserErrorException($"class {type.FullName} has no [Policy] attribute");
        Check(type, attribute);
        var fresh = NewInstance(type, attribute.Name);
        var options = type.GetProperties()
            .Where(property => property.IsDefined(typeof(PolicyOptionAttribute)))
            .Select(property => PolicyOptionDescription.Of(property, fresh, $"policy '{attribute.Name}'"))
            .OrderBy(option => option.Key, StringComparer.Ordinal);
        return new PolicyDescription(type, attribute, [.. options], source);
    }

    /// <summary>A new policy with options set.</summary>
    /// <param name="settings">Each key=value.</param>
    /// <param name="stage">The decision, for messages.</param>
    internal object Create(IEnumerable<string> settings, string stage)
    {
        var policy = NewInstance(Type, Name);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new UserErrorException(
                    $"{stage}: policy '{Name}': '{setting}' is no option; write {Name}:key=value,key=value"
                );
            }

            var key = setting[..equals];
            var option = Find(key, stage);
            if (!seen.Add(key))
            {
                throw new UserErrorException($"{stage}: policy '{Name}': option '{key}' is given twice");
            }

            option.Set(policy, setting[(equals + 1)..], $"{stage}: policy '{Name}'");
        }

        return policy;
    }

    private static object NewInstance(Type type, string name)
    {
        try
        {
            using var call = AuthorsCall.Enter($"policy {name}", "in its constructor");
            return Activator.CreateInstance(type)!;
        }
        catch (TargetInvocationException e)
        {
            // What a static initializer throws comes wrapped once more, in a message that says nothing.
            var thrown = e.InnerException is TypeInitializationException { InnerException: { } cause }
                ? cause
                : e.InnerException ?? e;
            throw new UserErrorException(
                $"policy '{name}' (class {type.FullName}): its constructor threw {thrown.GetType().Name}: {AuthorsFailure.Message(type, thrown)}",
                thrown
            );
        }
    }

    private PolicyOptionDescription Find(string key, string stage)
    {
        var known = Options.Select(option => option.Key);
        return Options.FirstOrDefault(option => option.Key == key)
            ?? throw new UserErrorException(
                $"{stage}: policy '{Name}' has no option '{key}'.{Suggestion.For(key, known)} "
                    + (Options.Count == 0 ? "It has none." : $"Its options: {string.Join(", ", known)}.")
            );
    }

    private static void Check(Type type, PolicyAttribute attribute)
    {
        var name = attribute.Name;
        var (lacking, lacks) = Array.Find(
            Interfaces,
            decided =>
                (attribute.Decisions & decided.Decisions) != PolicyDecisions.None
                && !type.IsAssignableTo(decided.Interface)
        );
        var problem =
            name.Length == 0 || !name.All(IsNameCharacter)
                ? "its name must be lower-case letters, digits and underscores"
            : !PolicyDecisionNames.Of(attribute.Decisions).Any() ? "it serves no decision"
            : lacks is not null
                ? $"it serves {PolicyDecisionNames.List(attribute.Decisions & lacking)}, so it must implement {lacks.Name}"
            : type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null
                ? "it must be a class that is not abstract, with a public constructor without parameters"
            : null;
        if (problem is not null)
        {
            throw new UserErrorException($"policy '{name}' (class {type.FullName}): {problem}");
        }
    }

    private static bool IsNameCharacter(char c) =>
        char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_';
}
