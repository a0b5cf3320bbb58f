using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LlmSim.Tests.Architecture;

/// <summary>What a compiled assembly refers to.</summary>
internal sealed class CompiledAssembly
{
    private CompiledAssembly(MetadataReader reader)
    {
        Assemblies =
        [
            .. reader.AssemblyReferences.Select(handle => Text(reader.GetAssemblyReference(handle).Name)),
        ];
        Types = [.. reader.TypeReferences.Select(TypeName)];
        Members =
        [
            .. reader
                .MemberReferences.Select(reader.GetMemberReference)
                .Where(member => member.Parent.Kind == HandleKind.TypeReference)
                .Select(member => $"{TypeName((TypeReferenceHandle)member.Parent)}.{Text(member.Name)}"),
        ];

        string Text(StringHandle handle) => reader.GetString(handle);

        string TypeName(TypeReferenceHandle handle)
        {
            var type = reader.GetTypeReference(handle);
            return $"{Text(type.Namespace)}.{Text(type.Name)}";
        }
    }

    public IReadOnlyList<string> Assemblies { get; }

    /// <summary>Full names of the types of other assemblies.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>Full names of the members of other assemblies' types; properties as <c>get_Now</c>.</summary>
    public IReadOnlyList<string> Members { get; }

    public static CompiledAssembly Load(string name)
    {
        using var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        using var file = new PEReader(stream);
        return new CompiledAssembly(file.GetMetadataReader());
    }
}
