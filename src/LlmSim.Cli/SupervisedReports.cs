using System.Globalization;

namespace LlmSim.Cli;

/// <summary>What a process that is watched says of itself, a line each: which files are unfinished, and at last its exit code.</summary>
internal sealed class SupervisedReports
{
    private const string End = "end ";
    private const string Unfinished = "unfinished ";
    private const string Begun = "begun ";

    private readonly Lock _lock = new();
    private readonly List<string> _files = [];
    private readonly Action<string>? _onBegun;
    private int? _exitCode;

    /// <summary>Reads until the end.</summary>
    /// <param name="stream">What the process says.</param>
    /// <param name="onBegun">Gets what it has begun, and nothing when that is done; null for nobody.</param>
    public SupervisedReports(Stream stream, Action<string>? onBegun = null)
    {
        _onBegun = onBegun;
        Ended = Read(stream);
    }

    /// <summary>Completes when there is no more to read, or the exit code is known.</summary>
    public Task Ended { get; }

    /// <summary>The exit code; null when the process ended without saying it.</summary>
    public int? ExitCode
    {
        get
        {
            lock (_lock)
            {
                return _exitCode;
            }
        }
    }

    public static string OfEnd(int exitCode) => FormattableString.Invariant($"{End}{exitCode}");

    /// <summary>What has been begun, in one line; empty for nothing.</summary>
    public static string OfBegun(string work) => $"{Begun}{work}";

    public static string OfUnfinished(string path) => $"{Unfinished}{Uri.EscapeDataString(path)}";

    /// <summary>Deletes the files that the process has not given their names.</summary>
    public void DeleteUnfinished()
    {
        lock (_lock)
        {
            // Some are gone with their folder.
            _files.FindAll(File.Exists).ForEach(File.Delete);
        }
    }

    private async Task Read(Stream stream)
    {
        using var reader = new StreamReader(stream);
        while (ExitCode is null && await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_lock)
            {
                if (line.StartsWith(End, StringComparison.Ordinal))
                {
                    _exitCode = int.Parse(line.AsSpan(End.Length), CultureInfo.InvariantCulture);
                }
                else if (line.StartsWith(Begun, StringComparison.Ordinal))
                {
                    _onBegun?.Invoke(line[Begun.Length..]);
                }
                else if (line.StartsWith(Unfinished, StringComparison.Ordinal))
                {
                    _files.Add(Uri.UnescapeDataString(line[Unfinished.Length..]));
                }
            }
        }
    }
}
