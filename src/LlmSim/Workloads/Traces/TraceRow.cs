using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>A request as a trace has it.</summary>
/// <param name="Arrival">Its time from the trace's own origin; null when it has none.</param>
/// <param name="InputTokens">At least 1.</param>
/// <param name="OutputTokens">At least 1.</param>
/// <param name="HashIds">Null when there are none, or they are not asked for.</param>
internal readonly record struct TraceRow(
    SimTime? Arrival,
    int InputTokens,
    int OutputTokens,
    long[]? HashIds = null
)
{
    /// <summary>What few traces have; null for nothing.</summary>
    public TraceRowMore? More { get; init; }

    public const string SkipHint = "--skip_invalid leaves other rows out";

    public static readonly string AllowedLength = string.Create(
        CultureInfo.InvariantCulture,
        $"an integer from 1 to {int.MaxValue} ({SkipHint})"
    );

    /// <summary>A length in tokens; 2162.0 is one, as tables with gaps have it.</summary>
    public static bool TryLength(decimal number, out int tokens)
    {
        var isLength = number is >= 1 and <= int.MaxValue && decimal.IsInteger(number);
        tokens = isLength ? (int)number : 0;
        return isLength;
    }
}

/// <summary>What few traces have of a request. In an object of its own, because each step of a reader copies a row.</summary>
/// <param name="Conversation">The conversation that it begins; null when it stands alone.</param>
/// <param name="Origin">Who sends it; null when nothing is known.</param>
internal sealed record TraceRowMore(Conversation? Conversation, RequestOrigin? Origin)
{
    /// <summary>What else it has; null for nothing.</summary>
    public RequestTraits? Traits { get; init; }

    /// <summary>Tokens of a block of its hash ids; null for those of its format.</summary>
    public int? HashBlockTokens { get; init; }
}

/// <summary>The rows of a trace, one after another.</summary>
internal interface ITraceRows
{
    /// <summary>Reads the times; null when the format has none.</summary>
    TraceClock? Clock { get; }

    /// <summary>The field of the times, for errors.</summary>
    string ArrivalField { get; }

    /// <summary>What to say of the rows as a whole; null for nothing.</summary>
    string? Notice => null;

    /// <summary>Goes to the next row; false at the end.</summary>
    bool MoveNext();

    /// <summary>The current row.</summary>
    /// <exception cref="UserErrorException">It is wrong; the next one may not be.</exception>
    TraceRow Read();

    /// <summary>What is wrong with a field of the current row.</summary>
    UserErrorException Error(string field, string message);
}
