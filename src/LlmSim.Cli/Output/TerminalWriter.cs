using System.Text;
using LlmSim.Experiments;

namespace LlmSim.Cli.Output;

/// <summary>
/// A standard stream. Control characters in what is written are shown as escapes, but for the ends of lines: they come from files.
/// </summary>
/// <param name="inner">The stream.</param>
/// <param name="isResult">Whether a failure to write is one of the command; what is only said may be lost.</param>
/// <param name="isStyled">Whether control characters are the command's own: colours, and the erasing of a line.</param>
internal sealed class TerminalWriter(TextWriter inner, bool isResult, bool isStyled) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void WriteLine() => Write('\n');

    /// <summary>At once: lines of several processes on one terminal stay whole.</summary>
    public override void WriteLine(string? value) => Write($"{value}\n");

    public override void Write(ReadOnlySpan<char> buffer)
    {
        try
        {
            while (!isStyled && FirstControl(buffer) is var position and >= 0)
            {
                inner.Write(buffer[..position]);
                inner.Write(TerminalText.Escape(buffer[position]));
                buffer = buffer[(position + 1)..];
            }

            inner.Write(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Lose(e);
        }
    }

    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Lose(e);
        }
    }

    private void Lose(Exception e)
    {
        if (isResult)
        {
            throw new UserErrorException($"standard output: cannot be written: {e.Message}", e);
        }
    }

    private static int FirstControl(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\n' && TerminalText.IsControl(text[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
