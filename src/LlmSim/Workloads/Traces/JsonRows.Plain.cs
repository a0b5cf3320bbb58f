using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <content>Records that are written as the one before.</content>
internal sealed partial class JsonRows
{
    /// <summary>
    /// Reads a record that is written as the one before, with plain values that are right; any other is left to the parser,
    /// which says what is wrong.
    /// </summary>
    private bool TryReadPlain()
    {
        var record = _lines.Line;
        return _template.Matches(record)
            && TryTokens(record, _template[JsonSlot.Input], out _inputTokens)
            && TryTokens(record, _template[JsonSlot.Output], out _outputTokens)
            && TryPlainTime(record, _template[JsonSlot.Arrival]);
    }

    private static bool TryTokens(ReadOnlySpan<byte> record, (int Start, int Length) value, out int tokens) =>
        int.TryParse(
            record.Slice(value.Start, value.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out tokens
        )
        && tokens > 0;

    private bool TryPlainTime(ReadOnlySpan<byte> record, (int Start, int Length) value)
    {
        if (value.Length == 0)
        {
            return true;
        }

        var time = record.Slice(value.Start, value.Length);
        SimTime read = default;
        var isRead = long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)
            ? Clock.TryRead(whole, out read)
            : decimal.TryParse(
                time,
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            ) && Clock.TryRead(number, out read);
        _arrival = isRead ? read : null;
        return isRead;
    }
}
