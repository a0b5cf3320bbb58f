using System.Net;

namespace LlmSim.Experiments.Reports;

/// <summary>Text of files and options on a page: no markup, and nothing that turns the order of what stands after it.</summary>
internal static class PageText
{
    /// <summary>More than any configuration, and less than what would hang a browser.</summary>
    private const int Limit = 20_000;

    /// <summary>As a script may put it into a page as text.</summary>
    public static string Plain(string text) => TerminalText.Escape(text, Limit);

    /// <summary>As HTML, between tags or between quotation marks.</summary>
    public static string Html(string text) => WebUtility.HtmlEncode(Plain(text));
}
