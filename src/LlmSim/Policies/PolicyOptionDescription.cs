using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace LlmSim.Policies;

/// <summary>An option of a policy.</summary>
internal sealed class PolicyOptionDescription
{
    private readonly PropertyInfo _property;
    private readonly double _min;
    private readonly double _max;

    private PolicyOptionDescription(PropertyInfo property, PolicyOptionAttribute attribute, object? value)
    {
        _property = property;
        (_min, _max) = (attribute.Min, attribute.Max);
        Key = attribute.Key;
        Summary = attribute.Summary;
        Default = Format(value);
        Allowed = DescribeAllowed();
    }

    /// <summary>Name of the option.</summary>
    public string Key { get; }

    /// <summary>What it is when not given, as it would be written.</summary>
    public string Default { get; }

    /// <summary>The values allowed, such as "a number from 0 to 1" or "true, false".</summary>
    public string Allowed { get; }

    /// <summary>What it does, with its unit.</summary>
    public string Summary { get; }

    /// <summary>Reads a property's attribute.</summary>
    /// <param name="property">A property with a <see cref="PolicyOptionAttribute" />.</param>
    /// <param name="fresh">A policy as its constructor leaves it: it has the defaults.</param>
    /// <param name="where">Begins the message when the property throws.</param>
    /// <exception cref="UserErrorException">The property cannot be an option, or throws.</exception>
    internal static PolicyOptionDescription Of(PropertyInfo property, object fresh, string where)
    {
        var type = property.PropertyType;
        var supported = type == typeof(double) || type == typeof(int) || type == typeof(bool) || type.IsEnum;
        if (!supported || property.SetMethod is not { IsPublic: true })
        {
            throw new UserErrorException(
                $"{property.DeclaringType?.FullName}.{property.Name}: an option must be a public property with a "
                    + "setter, of type double, int, bool or an enum"
            );
        }

        var attribute = property.GetCustomAttribute<PolicyOptionAttribute>()!;
        try
        {
            using var call = AuthorsCall.Enter(fresh, "asked for the default of an option");
            return new PolicyOptionDescription(property, attribute, property.GetValue(fresh));
        }
        catch (TargetInvocationException e)
        {
            throw new UserErrorException(
                $"{where}: asked for the default of option '{attribute.Key}', {PolicyFailure.Describe(fresh, e)}",
                e
            );
        }
    }

    /// <summary>Sets the option of a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="text">The value as written.</param>
    /// <param name="where">Begins the message when the value is not allowed.</param>
    internal void Set(object policy, string text, string where)
    {
        var value =
            Parse(text)
            ?? throw new UserErrorException(
                $"{where}: option '{Key}' is '{text}'; it must be {Allowed} (default {Default})"
            );
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to set an option");
            _property.SetValue(policy, value);
        }
        catch (TargetInvocationException e)
        {
            throw new UserErrorException(
                $"{where}: option '{Key}' is '{text}': {PolicyFailure.Describe(policy, e)}",
                e
            );
        }
    }

    private object? Parse(string text)
    {
        var type = _property.PropertyType;
        if (type == typeof(double))
        {
            var isNumber = double.TryParse(
                text,
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var number
            );
            return isNumber && double.IsFinite(number) && InRange(number) ? number : null;
        }

        if (type == typeof(int))
        {
            var isInteger = int.TryParse(
                text,
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var integer
            );
            return isInteger && InRange(integer) ? integer : null;
        }

        return Values().FirstOrDefault(value => Format(value) == text);
    }

    private bool InRange(double value) => value >= _min && value <= _max;

    private IEnumerable<object> Values() =>
        _property.PropertyType == typeof(bool)
            ? [true, false]
            : Enum.GetValues(_property.PropertyType).Cast<object>();

    private string DescribeAllowed()
    {
        if (_property.PropertyType != typeof(double) && _property.PropertyType != typeof(int))
        {
            return string.Join(" or ", Values().Select(Format));
        }

        var kind = _property.PropertyType == typeof(int) ? "an integer" : "a number";
        return (double.IsFinite(_min), double.IsFinite(_max)) switch
        {
            (true, true) => $"{kind} from {Format(_min)} to {Format(_max)}",
            (true, false) => $"{kind}, at least {Format(_min)}",
            (false, true) => $"{kind}, at most {Format(_max)}",
            _ => kind,
        };
    }

    // Enum values are written as options are: lower case with underscores.
    private static string Format(object? value) =>
        value is Enum or bool
            ? JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}")
            : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
