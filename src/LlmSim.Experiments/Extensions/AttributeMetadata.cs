using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LlmSim.Experiments.Extensions;

/// <summary>Reads attributes of an assembly's types from its bytes. Nothing of it is loaded or run.</summary>
internal static class AttributeMetadata
{
    /// <summary>The attributes of a kind, as they are written.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="attribute">The kind; its arguments are texts, flags and enumerations of <see cref="int" />.</param>
    /// <exception cref="BadImageFormatException">The bytes are no program at all.</exception>
    /// <exception cref="InvalidDataException">They are no .NET assembly.</exception>
    public static IReadOnlyList<CustomAttributeValue<string>> Read(byte[] assembly, Type attribute)
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
                .Where(written => Is(metadata, written, attribute))
                .Select(written => written.DecodeValue(TypeNames.Instance)),
        ];
    }

    /// <summary>The text that an attribute begins with; empty without one.</summary>
    public static string Name(CustomAttributeValue<string> attribute) =>
        attribute.FixedArguments is [{ Value: string name }] ? name : "";

    private static bool Is(MetadataReader metadata, CustomAttribute written, Type attribute)
    {
        if (written.Constructor.Kind != HandleKind.MemberReference)
        {
            return false;
        }

        var parent = metadata.GetMemberReference((MemberReferenceHandle)written.Constructor).Parent;
        if (parent.Kind != HandleKind.TypeReference)
        {
            return false;
        }

        var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        return metadata.StringComparer.Equals(type.Name, attribute.Name)
            && metadata.StringComparer.Equals(type.Namespace, attribute.Namespace!);
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
