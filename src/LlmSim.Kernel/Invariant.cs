using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace LlmSim.Kernel;

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
            Throw(message);
        }
    }

    [DoesNotReturn]
    private static void Throw(in InvariantMessage message) =>
        throw new InvariantViolationException(message.ToString());
}

/// <summary>Builds the message of a failed invariant, and nothing for one that holds.</summary>
/// <remarks>
/// No more than a reference, and what fills it is never inlined: a method that checks an invariant would otherwise set
/// up the buffers of the message each time that it is called.
/// </remarks>
[InterpolatedStringHandler]
public readonly ref struct InvariantMessage
{
    private readonly StringBuilder? _text;

    /// <summary>Called by the compiler.</summary>
    public InvariantMessage(int literalLength, int formattedCount, bool condition, out bool shouldAppend)
    {
        shouldAppend = !condition;
        _text = condition ? null : NewText(literalLength);
    }

    /// <summary>Called by the compiler.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AppendLiteral(string value) => _text!.Append(value);

    /// <summary>Called by the compiler.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    /// <inheritdoc />
    public override string ToString() => _text?.ToString() ?? "";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StringBuilder NewText(int length) => new(length);
}

/// <summary>The simulation contradicted itself: a defect of the program, never of its input.</summary>
public sealed class InvariantViolationException : Exception
{
    /// <summary>Creates the error with the condition that should have held.</summary>
    public InvariantViolationException(string message)
        : base(message) { }
}
