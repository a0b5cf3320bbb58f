using System.Globalization;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments;

/// <summary>The limits on what is read, which the user may raise.</summary>
internal static class InputLimits
{
    /// <summary>The variable of the environment that multiplies all of them.</summary>
    public const string Variable = "LLMSIM_INPUT_LIMITS";

    /// <summary>The limits of this process.</summary>
    /// <exception cref="UserErrorException">The variable has something else than a factor.</exception>
    public static ReadLimits Current => Of(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The limits by a value of the variable; null or empty for the usual ones.</summary>
    /// <exception cref="UserErrorException">The value is something else than a factor.</exception>
    public static ReadLimits Of(string? value)
    {
        var factor = 1;
        if (
            !string.IsNullOrEmpty(value)
            && (
                !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out factor)
                || factor is < 1 or > ReadLimits.LargestFactor
            )
        )
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"{Variable}: found '{value}'; allowed: a whole number from 1 to {ReadLimits.LargestFactor}, by which the limits on files are multiplied"
                )
            );
        }

        return new ReadLimits
        {
            Factor = factor,
            Hint =
                factor == ReadLimits.LargestFactor
                    ? ""
                    : FormattableString.Invariant(
                        $" ({Variable}={factor * 2} in the environment doubles this limit)"
                    ),
        };
    }
}
