using System.Text.RegularExpressions;

namespace LlmSim.Performance.Catalog;

/// <summary>
/// The modules that a list of a quantization_config names. Engines write the entries in several ways, all of which are
/// understood: the name of a module or of one that it is in, a part of a name between dots, a name with "*", and
/// "re:" before a regular expression that a name begins with.
/// </summary>
internal sealed class ModulePatterns
{
    private const string RegexPrefix = "re:";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _namesBySpan;

    /// <summary>The entries whose only "*" is their last character: most of those that have one.</summary>
    private readonly List<string> _prefixes = [];
    private readonly List<Regex> _globs = [];
    private readonly List<Regex> _expressions = [];
    private readonly string _text;

    public ModulePatterns(IReadOnlyList<string> entries)
    {
        _text = string.Join('\n', entries);
        _namesBySpan = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var entry in entries)
        {
            if (entry.StartsWith(RegexPrefix, StringComparison.Ordinal))
            {
                _expressions.Add(Compile($"^(?:{entry[RegexPrefix.Length..]})", entry));
            }
            else if (entry.IndexOf('*', StringComparison.Ordinal) is var star && star == entry.Length - 1)
            {
                _prefixes.Add(entry[..star]);
            }
            else if (star >= 0)
            {
                var escaped = Regex.Escape(entry).Replace(@"\*", ".*", StringComparison.Ordinal);
                _globs.Add(Compile($"^{escaped}$", entry));
            }
            else
            {
                _names.Add(entry);
            }
        }
    }

    /// <summary>Whether some entry has this text.</summary>
    public bool Mentions(string text) => _text.Contains(text, StringComparison.Ordinal);

    /// <summary>Whether an entry names the module, or one that it is in.</summary>
    public bool Matches(string module)
    {
        if (
            _prefixes.Exists(prefix => module.StartsWith(prefix, StringComparison.Ordinal))
            || _expressions.Exists(expression => expression.IsMatch(module))
        )
        {
            return true;
        }

        for (var end = module.Length; end > 0; end = module.LastIndexOf('.', end - 1))
        {
            var outer = module.AsSpan(0, end);
            foreach (var glob in _globs)
            {
                if (glob.IsMatch(outer))
                {
                    return true;
                }
            }

            if (HasEndOf(outer))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an entry is the name, or the end of it after some dot.</summary>
    private bool HasEndOf(ReadOnlySpan<char> name)
    {
        while (!_namesBySpan.Contains(name))
        {
            var dot = name.IndexOf('.');
            if (dot < 0)
            {
                return false;
            }

            name = name[(dot + 1)..];
        }

        return true;
    }

    private static Regex Compile(string expression, string entry)
    {
        try
        {
            return new(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_patience);
        }
        catch (NotSupportedException)
        {
            // The engine without backtracking has no look-ahead and no look-behind.
            return new(expression, RegexOptions.CultureInvariant, s_patience);
        }
        catch (ArgumentException error)
        {
            throw new UserErrorException(
                $"quantization_config: '{entry}' is not a regular expression: {error.Message}",
                error
            );
        }
    }
}
