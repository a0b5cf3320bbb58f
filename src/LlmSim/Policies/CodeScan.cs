using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace LlmSim.Policies;

/// <summary>
/// Looks through the code of a policy, and of the classes of its file that it uses, for what makes results depend on more
/// than the seed. It sees what the code names; what is called by reflection it does not see, and so reflection is a finding.
/// </summary>
internal static class CodeScan
{
    private const BindingFlags Everything =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private const string UseStream = "draw from context.Random";
    private const string UseNow = "use context.Now";
    private const string DiffersByProcess = "it differs from process to process";
    private const string DependsOnTiming = "what runs at the same time ends in no fixed order";
    private const string NoReflection = "reflection sees what a policy must not";
    private const string Outside = "it is outside the simulation";

    /// <summary>Beginnings of members' full names, and the reason.</summary>
    private static readonly (string Member, string Reason)[] s_unwanted =
    [
        ("System.Random..ctor", UseStream),
        ("System.Random.get_Shared", UseStream),
        ("System.Guid.NewGuid", UseStream),
        ("System.Guid.CreateVersion7", UseStream),
        ("System.Security.Cryptography.RandomNumberGenerator.", UseStream),
        ("System.DateTime.get_Now", UseNow),
        ("System.DateTime.get_UtcNow", UseNow),
        ("System.DateTime.get_Today", UseNow),
        ("System.DateTimeOffset.get_Now", UseNow),
        ("System.DateTimeOffset.get_UtcNow", UseNow),
        ("System.TimeProvider.", UseNow),
        ("System.Diagnostics.Stopwatch.", UseNow),
        ("System.Environment.get_TickCount", UseNow),
        ("System.Environment.get_ProcessId", DiffersByProcess),
        ("System.Environment.get_MachineName", Outside),
        ("System.Environment.get_ProcessorCount", Outside),
        ("System.Environment.get_CurrentDirectory", Outside),
        ("System.Environment.set_", Outside),
        ("System.Environment.GetCommandLineArgs", Outside),
        ("System.Environment.GetEnvironmentVariable", Outside),
        ("System.Environment.SetEnvironmentVariable", Outside),
        ("System.AppDomain.", Outside),
        ("System.AppContext.", Outside),
        ("System.Diagnostics.Debugger.", Outside),
        ("System.Runtime.InteropServices.Marshal.", Outside),
        ("System.Runtime.Loader.", NoReflection),
        // The compiler calls the method of string under this name.
        ("System.Object.GetHashCode", DiffersByProcess),
        ("System.HashCode.", DiffersByProcess),
        ("System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode", DiffersByProcess),
        ("System.Threading.Tasks.", DependsOnTiming),
        ("System.Threading.Thread", DependsOnTiming),
        ("System.Threading.Timer", DependsOnTiming),
        ("System.Linq.ParallelEnumerable.", DependsOnTiming),
        ("System.IO.", Outside),
        ("System.Net.", Outside),
        ("System.Console.", Outside),
        ("System.Diagnostics.Process", Outside),
        ("System.Reflection.", NoReflection),
        ("System.Type.GetField", NoReflection),
        ("System.Type.GetProp", NoReflection),
        ("System.Type.GetMe", NoReflection),
        ("System.Type.GetConstructor", NoReflection),
        ("System.Type.InvokeMember", NoReflection),
        ("System.Activator.CreateInstance", NoReflection),
    ];

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>What was found, each with its reason; empty when there is nothing.</summary>
    public static IReadOnlyList<string> Findings(Type policy)
    {
        var findings = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (type, used) in Code(policy))
        {
            findings.UnionWith(SharedFields(type));
            findings.UnionWith(Finalizers(type));
            findings.UnionWith(used.SelectMany(Unwanted));
        }

        return [.. findings];
    }

    /// <summary>Whether the code names one of these members of what policies see.</summary>
    public static bool Names(Type policy, IReadOnlyCollection<string> members) =>
        Code(policy)
            .SelectMany(code => code.Used)
            .Any(member =>
                member.DeclaringType?.Namespace == typeof(RequestView).Namespace
                && members.Contains(member.Name)
            );

    /// <summary>The policy and the classes of its file that it uses, each with the members that its code names.</summary>
    private static IEnumerable<(Type Type, MemberInfo[] Used)> Code(Type policy)
    {
        var seen = new HashSet<Type>();
        // What runs before the policy is made is part of it too.
        var toVisit = new Queue<Type>(Initializers(policy).Prepend(policy));
        while (toVisit.TryDequeue(out var type))
        {
            // An array or a generic type stands for its definition.
            type = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
            if (!seen.Add(type) || !IsOfThePolicy(type, policy))
            {
                continue;
            }

            var used = Bodies(type).SelectMany(Members).ToArray();
            yield return (type, used);
            foreach (
                var next in used.Select(member => member as Type ?? member.DeclaringType)
                    .Append(type.BaseType)
            )
            {
                if (next is not null)
                {
                    toVisit.Enqueue(next);
                }
            }
        }
    }

    /// <summary>Of the same file; of the simulator, whose policies are to be checked as well, the policies alone.</summary>
    private static bool IsOfThePolicy(Type type, Type policy) =>
        ShippedPoliciesAttribute.Covers(policy)
            ? ShippedPoliciesAttribute.Covers(type) && (IsPolicy(type) || IsPolicy(type.DeclaringType))
            : type.Assembly == policy.Assembly;

    private static bool IsPolicy(Type? type) =>
        type is not null
        && Array.Exists(PolicyDescription.Interfaces, decided => type.IsAssignableTo(decided.Interface));

    /// <summary>Fields that runs share, one after the other or in parallel.</summary>
    private static IEnumerable<string> SharedFields(Type type) =>
        type.GetFields(Everything)
            .Where(field => field is { IsStatic: true, IsInitOnly: false, IsLiteral: false })
            .Where(field => !type.IsDefined(typeof(CompilerGeneratedAttribute)) && field.Name[0] != '<')
            .Select(field =>
                $"static field {type.Name}.{field.Name}: all runs share it; make it an instance field"
            );

    private static IEnumerable<string> Finalizers(Type type) =>
        type.GetMethod("Finalize", Everything, Type.EmptyTypes) is null
            ? []
            : [$"finalizer of {type.Name}: {DependsOnTiming}"];

    /// <summary>The classes of a user's file that have a module initializer.</summary>
    private static IEnumerable<Type> Initializers(Type policy) =>
        ShippedPoliciesAttribute.Covers(policy)
            ? []
            : policy
                .Assembly.GetTypes()
                .Where(type =>
                    type.GetMethods(Everything)
                        .Any(method => method.IsDefined(typeof(ModuleInitializerAttribute)))
                );

    /// <summary>The methods and constructors of a class that have code.</summary>
    internal static IEnumerable<MethodBase> Bodies(Type type) =>
        type.GetMethods(Everything)
            .Concat<MethodBase>(type.GetConstructors(Everything))
            .Where(method => method.GetMethodBody() is not null);

    private static IEnumerable<string> Unwanted(MemberInfo member)
    {
        var type = member.DeclaringType is { IsGenericType: true } generic
            ? generic.GetGenericTypeDefinition()
            : member.DeclaringType;
        var name = $"{type?.FullName}.{member.Name}";
        return s_unwanted
            .Where(unwanted => name.StartsWith(unwanted.Member, StringComparison.Ordinal))
            .Take(1)
            .Select(unwanted => $"{name}: {unwanted.Reason}");
    }

    /// <summary>The members that a method's code names.</summary>
    internal static IEnumerable<MemberInfo> Members(MethodBase method)
    {
        var code = method.GetMethodBody()!.GetILAsByteArray()!;
        for (var at = 0; at < code.Length; )
        {
            var opCode = code[at] == 0xFE ? s_opCodes[(short)(0xFE00 | code[at + 1])] : s_opCodes[code[at]];
            at += opCode.Size;
            if (
                opCode.OperandType
                is OperandType.InlineMethod
                    or OperandType.InlineField
                    or OperandType.InlineType
                    or OperandType.InlineTok
            )
            {
                yield return Resolve(method, BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at)));
            }

            at += OperandSize(opCode, code.AsSpan(at));
        }
    }

    private static MemberInfo Resolve(MethodBase method, int token) =>
        method.Module.ResolveMember(
            token,
            method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null,
            method.IsGenericMethod ? method.GetGenericArguments() : null
        )!;

    private static int OperandSize(OpCode opCode, ReadOnlySpan<byte> operand) =>
        opCode.OperandType switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(operand)),
            _ => 4,
        };
}
