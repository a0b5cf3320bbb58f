using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace LlmSim.Engine;

/// <summary>
/// Checks that stay on in release builds: a wrong number is worse than a stop. The message is only built when the
/// condition does not hold.
/// </summary>
public static class Invariant
{
    /// <summary>Throws unless the condition holds.</summary>
    /// <exception cref="InvariantViolationException">The condition is false.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Require(
        [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] ref InvariantMessage message
    )
    {
        if (!condition)
        {
            throw new InvariantViolationException(message.ToString());
        }
    }
}

/// <summary>Builds the message of a failed invariant, and nothing for one that holds.</summary>
[InterpolatedStringHandler]
public ref struct InvariantMessage
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Called by the compiler.</summary>
    public InvariantMessage(int literalLength, int formattedCount, bool condition, out bool shouldAppend)
    {
        shouldAppend = !condition;
        _text = condition
            ? default
            : new DefaultInterpolatedStringHandler(
                literalLength,
                formattedCount,
                System.Globalization.CultureInfo.InvariantCulture
            );
    }

    /// <summary>Called by the compiler.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Called by the compiler.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <inheritdoc />
    public override string ToString() => _text.ToStringAndClear();
}

/// <summary>The simulation contradicted itself: a defect of the program, never of its input.</summary>
public sealed class InvariantViolationException : Exception
{
    /// <summary>States what should have held.</summary>
    public InvariantViolationException(string message)
        : base(message) { }
}
