using System.Text;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Performance;

/// <summary>The option <c>expert_skew</c>: a law, a list of loads, or a file with one.</summary>
internal static class ExpertSkewOption
{
    public const string Name = "expert_skew";

    /// <summary>Reads it: a file is read once, and its loads stand in the results.</summary>
    /// <exception cref="UserErrorException">It is none of them.</exception>
    public static string? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (!File.Exists(text))
        {
            return Parse(text, "");
        }

        using var stream = InputFile.Open(text);
        var content = Utf8Document.Read(stream, text, JsonFields.LargestBytes, "a list of loads");
        return Parse(Encoding.UTF8.GetString(content.Span), $"{text}: ");
    }

    private static string Parse(string text, string place)
    {
        try
        {
            return ExpertSkew.Parse(text).Text;
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"--{Name}: {place}{e.Message}", e);
        }
    }
}
