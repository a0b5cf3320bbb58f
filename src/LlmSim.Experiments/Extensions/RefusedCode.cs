using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace LlmSim.Experiments.Extensions;

/// <summary>What a user's code names that would end, outlive or leave the simulation. It is found in its bytes, before any of it runs.</summary>
internal static class RefusedCode
{
    private const string Ends = "it ends the process with whatever it had to say";
    private const string Outlives =
        "what it starts runs beside the simulation, outlives it, and ends the process when it throws";
    private const string Leaves = "other processes are no part of a simulation";
    private const string Steers = "how the process ends is not its business";
    private const string Native = "nothing checks native code";

    /// <summary>Types, a member or none for all members, and the reason.</summary>
    private static readonly (string Type, string? Member, string Reason)[] s_refused =
    [
        ("System.Environment", "Exit", Ends),
        ("System.Environment", "FailFast", Ends),
        ("System.Threading.Thread", ".ctor", Outlives),
        ("System.Threading.ThreadPool", null, Outlives),
        ("System.Threading.Timer", null, Outlives),
        ("System.Timers.Timer", null, Outlives),
        ("System.Runtime.CompilerServices.AsyncVoidMethodBuilder", null, Outlives),
        ("System.Diagnostics.Process", null, Leaves),
        ("System.AppDomain", "add_ProcessExit", Steers),
        ("System.AppDomain", "add_UnhandledException", Steers),
        ("System.AppDomain", "add_FirstChanceException", Steers),
        ("System.Console", "add_CancelKeyPress", Steers),
        ("System.Runtime.InteropServices.PosixSignalRegistration", null, Steers),
        ("System.Runtime.InteropServices.NativeLibrary", null, Native),
    ];

    /// <summary>What it names, where that is known with the line first, each with the reason; empty for nothing.</summary>
    public static IReadOnlyList<(int? Line, string Finding)> Of(byte[] assembly)
    {
        using var file = new PEReader(new MemoryStream(assembly));
        if (!file.HasMetadata)
        {
            throw new InvalidDataException();
        }

        var metadata = file.GetMetadataReader();
        var refused = metadata
            .MemberReferences.Select(reference =>
                (Token: Token(reference), Reason: Reason(metadata, reference))
            )
            .Concat(
                metadata.MethodDefinitions.Select(method =>
                    (Token: Token(method), Reason: NativeReason(metadata, method))
                )
            )
            .Where(known => known.Reason is not null)
            .ToDictionary(known => known.Token, known => known.Reason!);
        if (refused.Count == 0)
        {
            return [];
        }

        var lines = Lines(file, metadata, refused.Keys.ToHashSet());
        return
        [
            .. refused
                .Select(known =>
                    (Line: lines.TryGetValue(known.Key, out var line) ? line : (int?)null, known.Value)
                )
                .OrderBy(finding => finding.Line ?? int.MaxValue),
        ];
    }

    private static string? Reason(MetadataReader metadata, MemberReferenceHandle handle)
    {
        var reference = metadata.GetMemberReference(handle);
        if (reference.Parent.Kind != HandleKind.TypeReference)
        {
            return null;
        }

        var type = metadata.GetTypeReference((TypeReferenceHandle)reference.Parent);
        var typeName = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
        var member = metadata.GetString(reference.Name);
        return s_refused
            .Where(refused => refused.Type == typeName && (refused.Member ?? member) == member)
            .Select(refused => $"names {typeName}{(member[0] == '.' ? "" : ".")}{member}: {refused.Reason}")
            .FirstOrDefault();
    }

    private static string? NativeReason(MetadataReader metadata, MethodDefinitionHandle handle)
    {
        var method = metadata.GetMethodDefinition(handle);
        return method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)
            ? $"imports {metadata.GetString(method.Name)}: {Native}"
            : null;
    }

    /// <summary>The first line that names each of some members, as far as the assembly has its lines with it.</summary>
    private static Dictionary<int, int> Lines(PEReader file, MetadataReader metadata, HashSet<int> members)
    {
        var lines = new Dictionary<int, int>();
        var embedded = file.ReadDebugDirectory()
            .FirstOrDefault(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        if (embedded.DataSize == 0)
        {
            return lines;
        }

        using var provider = file.ReadEmbeddedPortablePdbDebugDirectoryData(embedded);
        var symbols = provider.GetMetadataReader();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var address = metadata.GetMethodDefinition(handle).RelativeVirtualAddress;
            var code = address == 0 ? [] : file.GetMethodBody(address).GetILBytes() ?? [];
            for (var at = 0; at + sizeof(int) <= code.Length; at++)
            {
                var token = BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at));
                if (members.Contains(token) && Line(symbols, handle, at) is { } line)
                {
                    lines.TryAdd(token, line);
                }
            }
        }

        return lines;
    }

    private static int? Line(MetadataReader symbols, MethodDefinitionHandle method, int offset)
    {
        int? line = null;
        foreach (
            var point in symbols
                .GetMethodDebugInformation(method.ToDebugInformationHandle())
                .GetSequencePoints()
        )
        {
            if (point.Offset <= offset && !point.IsHidden)
            {
                line = point.StartLine;
            }
        }

        return line;
    }

    private static int Token(EntityHandle handle) => MetadataTokens.GetToken(handle);
}
