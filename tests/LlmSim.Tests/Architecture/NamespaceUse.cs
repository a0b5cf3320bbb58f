using System.Reflection;
using LlmSim.Policies;

namespace LlmSim.Tests.Architecture;

/// <summary>A type of one namespace uses a type of another one of the same assembly.</summary>
internal sealed record NamespaceUse(string From, string Type, string To, string Used)
{
    private const BindingFlags Everything =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    /// <summary>All of an assembly: in signatures, attributes and the bodies of methods.</summary>
    public static IReadOnlyList<NamespaceUse> Of(Assembly assembly) =>
        [
            .. assembly
                .GetTypes()
                .Where(type => type.Namespace is not null)
                .SelectMany(type => Named(type).SelectMany(Parts), (type, used) => (type, used))
                .Where(use => use.used.Assembly == assembly && use.used.Namespace is not null)
                .Where(use => use.used.Namespace != use.type.Namespace)
                .Select(use => new NamespaceUse(
                    use.type.Namespace!,
                    Outermost(use.type).Name,
                    use.used.Namespace!,
                    Outermost(use.used).Name
                ))
                .Distinct(),
        ];

    public override string ToString() => $"{From} → {To}: {Type} uses {Used}";

    private static IEnumerable<Type?> Named(Type type) =>
        [
            type.BaseType,
            .. type.GetInterfaces(),
            .. type.GetFields(Everything).Select(field => field.FieldType),
            .. type.GetMethods(Everything).SelectMany(Signature),
            .. type.GetConstructors(Everything).SelectMany(Signature),
            .. type.GetCustomAttributesData().Select(attribute => attribute.AttributeType),
            .. CodeScan.Bodies(type).SelectMany(CodeScan.Members).SelectMany(OfMember),
        ];

    private static IEnumerable<Type> Signature(MethodBase method) =>
        [
            .. method.GetParameters().Select(parameter => parameter.ParameterType),
            .. method is MethodInfo { ReturnType: var result } ? [result] : System.Type.EmptyTypes,
            .. method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [],
        ];

    private static IEnumerable<Type?> OfMember(MemberInfo member) =>
        [
            member as Type ?? member.DeclaringType,
            .. member is MethodInfo { IsGenericMethod: true } method
                ? method.GetGenericArguments()
                : System.Type.EmptyTypes,
        ];

    /// <summary>An array and its elements, a generic type and its arguments.</summary>
    private static Type[] Parts(Type? type) =>
        type switch
        {
            null or { IsGenericParameter: true } => [],
            { HasElementType: true } => Parts(type.GetElementType()),
            { IsGenericType: true } =>
            [
                type.GetGenericTypeDefinition(),
                .. type.GetGenericArguments().SelectMany(Parts),
            ],
            _ => [type],
        };

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
