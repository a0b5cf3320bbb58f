using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>Reads the <see cref="PolicyAttribute" />s of an assembly from its bytes. Nothing of it is loaded or run.</summary>
internal static class PolicyMetadata
{
    /// <summary>The policies that an assembly declares.</summary>
    /// <exception cref="BadImageFormatException">The bytes are no program at all.</exception>
    /// <exception cref="InvalidDataException">They are no .NET assembly.</exception>
    public static IReadOnlyList<DeclaredPolicy> Read(byte[] assembly, string source)
    {
        using var file = new PEReader(new MemoryStream(assembly));
        if (!file.HasMetadata)
        {
            throw new InvalidDataException();
        }

        var metadata = file.GetMetadataReader();
        return
        [
            .. metadata
                .TypeDefinitions.SelectMany(type => metadata.GetTypeDefinition(type).GetCustomAttributes())
                .Select(metadata.GetCustomAttribute)
                .Where(attribute => IsPolicy(metadata, attribute))
                .Select(attribute => Declared(attribute.DecodeValue(TypeNames.Instance), source)),
        ];
    }

    private static bool IsPolicy(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return false;
        }

        var parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        if (parent.Kind != HandleKind.TypeReference)
        {
            return false;
        }

        var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        return metadata.StringComparer.Equals(type.Name, nameof(PolicyAttribute))
            && metadata.StringComparer.Equals(type.Namespace, typeof(PolicyAttribute).Namespace!);
    }

    private static DeclaredPolicy Declared(CustomAttributeValue<string> attribute, string source)
    {
        var named = attribute.NamedArguments.ToDictionary(
            argument => argument.Name!,
            a => a.Value,
            StringComparer.Ordinal
        );
        return new DeclaredPolicy(
            attribute.FixedArguments is [{ Value: string name }] ? name : "",
            (PolicyDecisions)(int)(named.GetValueOrDefault(nameof(PolicyAttribute.Decisions)) ?? 0),
            named.GetValueOrDefault(nameof(PolicyAttribute.Summary)) as string ?? "",
            source
        );
    }

    /// <summary>Types by name: the attribute has texts, a flag and an enumeration of <see cref="int" />.</summary>
    private sealed class TypeNames : ICustomAttributeTypeProvider<string>
    {
        public static TypeNames Instance { get; } = new();

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSystemType() => nameof(Type);

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(
            MetadataReader reader,
            TypeDefinitionHandle handle,
            byte rawTypeKind
        ) => reader.GetString(reader.GetTypeDefinition(handle).Name);

        public string GetTypeFromReference(
            MetadataReader reader,
            TypeReferenceHandle handle,
            byte rawTypeKind
        ) => reader.GetString(reader.GetTypeReference(handle).Name);

        public string GetTypeFromSerializedName(string name) => name;

        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

        public bool IsSystemType(string type) => type == nameof(Type);
    }
}
