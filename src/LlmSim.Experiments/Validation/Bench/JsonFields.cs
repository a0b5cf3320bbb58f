using System.Globalization;
using System.Text.Json;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>The members of a JSON object, each read with what is allowed; null stands for a member that is not there.</summary>
/// <param name="where">File and object, for messages.</param>
/// <param name="element">The object.</param>
internal sealed class JsonFields(string where, JsonElement element)
{
    private const int MaxFoundCharacters = 60;
    private const int MostNames = 6;

    /// <summary>Gaps that vary a hundred times as much as their mean.</summary>
    private const double LeastBurstiness = 1e-4;

    /// <summary>Times and rates in whatever unit: what is more was never measured.</summary>
    private const double Most = 1e15;

    private static readonly FigureRange s_positive = new(0, Most, IsAboveLeast: true);

    public string Where => where;

    public IEnumerable<string> Names => element.EnumerateObject().Select(member => member.Name);

    /// <summary>The names of the first members, for messages.</summary>
    public string FirstNames
    {
        get
        {
            string[] names =
            [
                .. Names
                    .Take(MostNames + 1)
                    .Select(name => string.Concat(name.Select(one => char.IsControl(one) ? '\uFFFD' : one))),
            ];
            return names.Length == 0 ? "nothing"
                : names.Length <= MostNames ? string.Join(", ", names)
                : string.Join(", ", names.Take(MostNames)) + ", …";
        }
    }

    public bool Has(string name) => Member(name) is not null;

    /// <summary>A number not below the least; null where it is missing.</summary>
    public double? Number(string name, double least = 0) => Number(name, new FigureRange(least, Most));

    /// <summary>A number above 0; null where it is missing.</summary>
    public double? Positive(string name) => Number(name, s_positive);

    /// <summary>A number above 0, which may be infinite, as Python writes it; null where it is missing.</summary>
    public double? PositiveOrInfinite(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is "inf" or "Infinity"
            ? double.PositiveInfinity
        : value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var number)
        && s_positive.Contains(number)
            ? number
        : throw Wrong(name, $"a number {s_positive}, \"inf\"");

    /// <summary>Shape of the distribution of gaps: 1 for Poisson, infinite for constant gaps; 1 where it is missing.</summary>
    public double Burstiness(string name) =>
        PositiveOrInfinite(name) switch
        {
            null => 1,
            >= LeastBurstiness and var shape => shape,
            _ => throw Wrong(
                name,
                string.Create(CultureInfo.InvariantCulture, $"a number from {LeastBurstiness}, \"inf\"")
            ),
        };

    /// <summary>A whole number of at least the least; null where it is missing.</summary>
    public int? Whole(string name, int least = 1) =>
        Member(name) is not { } value ? null
        : IsWhole(value, least, out var number) ? number
        : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least}"));

    private double? Number(string name, FigureRange range) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var number)
        && range.Contains(number)
            ? number
        : throw Wrong(name, $"a number {range}");

    /// <summary>A whole number of 64 bits; null where it is missing.</summary>
    public long? Long(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number
        : throw Wrong(name, "a whole number from 0");

    public string? Text(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String
        && value.GetString()!.All(character => !char.IsControl(character))
            ? value.GetString()
        : throw Wrong(name, "a text without control characters");

    /// <summary>The first of a list of texts; null where it is missing or empty.</summary>
    public string? FirstText(string name) =>
        List(name) is not [var first, ..] ? null
        : first.ValueKind == JsonValueKind.String ? first.GetString()
        : throw Wrong(name, 0, first, "a text");

    public bool Flag(string name) =>
        Member(name)?.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or null => false,
            _ => throw Wrong(name, "true, false"),
        };

    public JsonFields? Object(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields($"{where}: {name}", value)
        : throw Wrong(name, "an object { … }");

    /// <summary>The elements of a list; null where it is missing.</summary>
    public IReadOnlyList<JsonElement>? List(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()]
        : throw Wrong(name, "a list [ … ]");

    /// <summary>The objects of a list; null where it is missing.</summary>
    public IReadOnlyList<JsonFields>? Objects(string name) =>
        List(name)
            ?.Select(
                (one, i) =>
                    one.ValueKind == JsonValueKind.Object
                        ? new JsonFields(
                            string.Create(CultureInfo.InvariantCulture, $"{where}: {name}[{i}]"),
                            one
                        )
                        : throw Wrong(name, i, one, "an object { … }")
            )
            .ToArray();

    /// <summary>The whole numbers of a list; null where it is missing.</summary>
    public IReadOnlyList<int>? Wholes(string name, int least) =>
        List(name)
            ?.Select(
                (one, i) =>
                    IsWhole(one, least, out var number)
                        ? number
                        : throw Wrong(
                            name,
                            i,
                            one,
                            string.Create(CultureInfo.InvariantCulture, $"a whole number from {least}")
                        )
            )
            .ToArray();

    /// <summary>The finite numbers of a list; null where it is missing.</summary>
    public IReadOnlyList<double>? Numbers(string name) =>
        List(name)?.Select((one, i) => Finite(name, i, one)).ToArray();

    /// <summary>The sums of the lists of a list; null where it is missing.</summary>
    public IReadOnlyList<double>? Sums(string name) =>
        List(name)
            ?.Select(
                (one, i) =>
                    one.ValueKind == JsonValueKind.Array
                        ? one.EnumerateArray().Sum(part => Finite(name, i, part))
                        : throw Wrong(name, i, one, "a list of numbers")
            )
            .ToArray();

    /// <summary>A member that has to be there.</summary>
    public T Required<T>(string name, T? value)
        where T : struct => value ?? throw Missing(name);

    /// <summary>A member that has to be there.</summary>
    public T Required<T>(string name, T? value)
        where T : class => value ?? throw Missing(name);

    public UserErrorException Wrong(string name, string allowed) =>
        new($"{where}: {name}: found {Found(Member(name)!.Value)}; allowed: {allowed}");

    public UserErrorException Missing(string name) => new($"{where}: {name} is missing");

    private UserErrorException Wrong(string name, int index, JsonElement found, string allowed) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{where}: {name}[{index}]: found {Found(found)}; allowed: {allowed}"
            )
        );

    private double Finite(string name, int index, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var number)
        && Math.Abs(number) <= Most
            ? number
            : throw Wrong(name, index, value, "a number");

    private JsonElement? Member(string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Counts are written as 20 and, where they are means too, as 20.0.</summary>
    private static bool IsWhole(JsonElement value, int least, out int number)
    {
        number = 0;
        if (
            value.ValueKind != JsonValueKind.Number
            || !value.TryGetDouble(out var real)
            || real != Math.Floor(real)
            || real < least
            || real > int.MaxValue
        )
        {
            return false;
        }

        number = (int)real;
        return true;
    }

    private static string Found(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            // As it is written: control characters stay escaped.
            JsonValueKind.String => $"'{value.GetRawText()[1..^1]}'",
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            _ => value.GetRawText(),
        };
        return text.Length <= MaxFoundCharacters ? text : text[..MaxFoundCharacters] + "…";
    }
}
