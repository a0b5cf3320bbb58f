using System.Globalization;

namespace LlmSim.Tests;

/// <summary>How many random cases a test tries: few beside the other tests, and as many as one asks for.</summary>
internal static class RandomRuns
{
    private const string Variable = "LLMSIM_RANDOM_RUNS";

    /// <summary>So many, or as many as the environment variable says when it is set.</summary>
    public static int Count(int usual) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } count
            ? int.Parse(count, CultureInfo.InvariantCulture)
            : usual;
}
