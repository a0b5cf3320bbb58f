using LlmSim.Experiments;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("fcfs", "fcfs")]
    [InlineData("für 5 µs … 😀", "für 5 µs … 😀")]
    [InlineData("\u001b[31mred", "\\x1b[31mred")]
    [InlineData("a\nllmsim: all is well", "a\\nllmsim: all is well")]
    [InlineData("\r\t\0\u007f\u009b", "\\r\\t\\x00\\x7f\\u009b")]
    [InlineData("\u202e\u2066\u200b\u2028\ufeff", "\\u202e\\u2066\\u200b\\u2028\\ufeff")]
    public void What_would_steer_the_terminal_is_shown_as_an_escape(string value, string expected) =>
        Assert.Equal(expected, TerminalText.Escape(value));

    [Fact]
    public void A_textvalue_is_cut_and_its_length_said()
    {
        Assert.Equal(new string('x', 200), TerminalText.Escape(new string('x', 200)));
        Assert.Equal(
            new string('x', 200) + "… (12,000 characters)",
            TerminalText.Escape(new string('x', 12_000))
        );
        Assert.Equal("😀… (3 characters)", TerminalText.Escape("😀😀"[..3], limit: 2));
    }

    [Fact]
    public void No_half_of_a_character_is_left() =>
        Assert.Equal("x… (3 characters)", TerminalText.Escape("x😀", limit: 2));

    [Fact]
    public void In_a_message_only_what_is_quoted_is_cut()
    {
        var value = new string('x', 5_000);
        var allowed = string.Join(", ", Enumerable.Range(0, 100).Select(n => $"'name{n}'"));

        Assert.Equal(
            $"a.csv:3: the row's cell: found '{value[..200]}… (5,000 characters)'; allowed: {allowed}",
            TerminalText.Message($"a.csv:3: the row's cell: found '{value}'; allowed: {allowed}")
        );
    }

    [Fact]
    public void A_message_keeps_its_lines_and_is_cut_as_a_whole()
    {
        Assert.Equal("a.cs:1: x\nb.cs:2: y", TerminalText.Message("a.cs:1: x\nb.cs:2: y"));

        var text = TerminalText.Message(new string('"', 12_000_000));

        Assert.EndsWith("… (12,000,000 characters)", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 4_000, 4_100);
    }

    /// <summary>A search that begins again at each mark would take hours.</summary>
    [Fact]
    public void Many_marks_that_are_never_closed_take_no_time() =>
        Assert.InRange(
            TerminalText.Message(string.Concat(Enumerable.Repeat(" 'a", 1_000_000))).Length,
            4_000,
            4_100
        );
}
