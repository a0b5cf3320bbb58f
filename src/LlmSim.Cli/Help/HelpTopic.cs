namespace LlmSim.Cli.Help;

/// <summary>A word that users meet.</summary>
/// <param name="Name">The word.</param>
/// <param name="Kind">What kind of thing it is, and where.</param>
/// <param name="Lines">What it says.</param>
internal sealed record HelpTopic(string Name, string Kind, params IReadOnlyList<string> Lines)
{
    private const int Width = 80;

    /// <summary>Writes it, 80 columns wide.</summary>
    public void Write(TextWriter writer)
    {
        writer.WriteLine(string.Join('\n', HelpWriter.Wrapped($"{Name}: {Kind}", Width)));
        foreach (var line in Lines.SelectMany(line => HelpWriter.Wrapped(line, Width - 2)))
        {
            writer.WriteLine($"  {line}");
        }
    }
}
