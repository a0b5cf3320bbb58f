using System.Globalization;

namespace LlmSim.Experiments.Sweeps;

/// <summary>One of the parts that a sweep is divided into.</summary>
/// <param name="Number">Which one, from 1.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct Shard(int Number, int Count)
{
    private const int Most = 100_000;

    /// <summary>Reads <c>2/8</c>.</summary>
    /// <exception cref="UserErrorException">It is something else.</exception>
    public static Shard Parse(string text)
    {
        var parts = text.Split('/');
        return
            parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= Most
            && number >= 1
            && number <= count
            ? new Shard(number, count)
            : throw new UserErrorException(
                $"--shard: found '{text}'; allowed: K/N with K from 1 to N and N up to {Most}, such as 2/8"
            );
    }

    /// <summary>As "2/8".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}
