using Xunit;

namespace LlmSim.Tests.Oracles;

/// <summary>What the closed-form tests share.</summary>
internal static class Oracle
{
    /// <summary>The closed form lies in the 99 % interval, and the interval is narrower than 2 % of it.</summary>
    public static void AssertInside(double expected, double estimate, double halfWidth)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"closed form {expected}, simulated {estimate} ± {halfWidth}"
        );
        Assert.True(
            2 * halfWidth < 0.02 * expected,
            $"the interval {estimate} ± {halfWidth} is wider than 2 % of {expected}"
        );
        Assert.True(
            Math.Abs(estimate - expected) < halfWidth,
            $"{expected} is outside {estimate} ± {halfWidth}"
        );
    }

    /// <summary>Probability of waiting with m servers and an offered load of a (Erlang, 1917).</summary>
    public static double ErlangC(int servers, double load)
    {
        var term = 1.0;
        var sum = 1.0;
        for (var i = 1; i < servers; i++)
        {
            term *= load / i;
            sum += term;
        }

        var waiting = term * load / (servers - load);
        return waiting / (sum + waiting);
    }
}
