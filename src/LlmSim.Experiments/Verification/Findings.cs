using System.Globalization;
using System.Runtime.CompilerServices;
using LlmSim.Kernel;

namespace LlmSim.Experiments.Verification;

/// <summary>What a second pass over a run has compared, and what it found to differ.</summary>
internal sealed class Findings
{
    /// <summary>So many differences are told; the others are counted.</summary>
    private const int MostTold = 10;

    /// <summary>Two ways to add up the same values differ by no more than this, relative to the sum.</summary>
    private const double Rounding = 1e-9;

    private readonly List<string> _told = [];

    /// <summary>Comparisons so far.</summary>
    public long Checks { get; private set; }

    /// <summary>Those of them that did not hold.</summary>
    public long Differences { get; private set; }

    /// <summary>States that something holds. The message is only built when it does not.</summary>
    public void Require(
        bool holds,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref InvariantMessage message
    )
    {
        Checks++;
        if (!holds && ++Differences <= MostTold)
        {
            _told.Add(message.ToString());
        }
    }

    /// <summary>A figure of the summary is the one that was recomputed.</summary>
    public void Same<T>(string figure, T recomputed, T found)
        where T : IEquatable<T> =>
        Require(recomputed.Equals(found), $"{figure}: found {found}; recomputed {recomputed}");

    /// <summary>The same but for the rounding of sums. What is not defined has to be so in both.</summary>
    public void Near(string figure, double recomputed, double found, double relativeError = Rounding) =>
        Require(
            recomputed.Equals(found)
                || Math.Abs(recomputed - found)
                    <= relativeError * Math.Max(Math.Abs(recomputed), Math.Abs(found)),
            $"{figure}: found {found}; recomputed {recomputed}"
        );

    /// <summary>A figure lies between what the records say that it is at least and at most.</summary>
    public void Within(string figure, double least, double most, double found) =>
        Require(
            found >= least - (Rounding * Math.Abs(least)) && found <= most + (Rounding * Math.Abs(most)),
            $"{figure}: found {found}; recomputed {least} to {most}"
        );

    /// <summary>States that nothing differed.</summary>
    /// <exception cref="InvariantViolationException">Something did; the message says what.</exception>
    public void RequireNone()
    {
        if (Differences > 0)
        {
            throw new InvariantViolationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Differences} of {Checks} comparisons of a second pass over the records do not hold:\n  {string.Join("\n  ", _told)}"
                )
            );
        }
    }
}
