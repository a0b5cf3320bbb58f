using System.Reflection.Metadata;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>Reads the <see cref="PolicyAttribute" />s of an assembly from its bytes. Nothing of it is loaded or run.</summary>
internal static class PolicyMetadata
{
    /// <summary>The policies that an assembly declares.</summary>
    /// <exception cref="BadImageFormatException">The bytes are no program at all.</exception>
    /// <exception cref="InvalidDataException">They are no .NET assembly.</exception>
    public static IReadOnlyList<DeclaredPolicy> Read(byte[] assembly, string source) =>
        [
            .. AttributeMetadata
                .Read(assembly, typeof(PolicyAttribute))
                .Select(attribute => Declared(attribute, source)),
        ];

    private static DeclaredPolicy Declared(CustomAttributeValue<string> attribute, string source)
    {
        var named = attribute.NamedArguments.ToDictionary(
            argument => argument.Name!,
            a => a.Value,
            StringComparer.Ordinal
        );
        return new DeclaredPolicy(
            AttributeMetadata.Name(attribute),
            (PolicyDecisions)(int)(named.GetValueOrDefault(nameof(PolicyAttribute.Decisions)) ?? 0),
            named.GetValueOrDefault(nameof(PolicyAttribute.Summary)) as string ?? "",
            source
        );
    }
}
