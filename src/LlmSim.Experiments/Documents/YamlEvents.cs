using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace LlmSim.Experiments.Documents;

/// <summary>
/// The events of a YAML file, which end with an error where it leaves its limits: before a reader has made anything of it.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="events">Its events.</param>
internal sealed class YamlEvents(string path, IParser events) : IParser
{
    /// <summary>Files of this program have five levels.</summary>
    private const int MostLevels = 20;

    /// <summary>Lists, mappings and values, those counted again that an alias repeats.</summary>
    private const int MostNodes = 500_000;

    private readonly Stack<Level> _levels = new();
    private readonly Dictionary<AnchorName, int> _nodesOfAnchor = [];
    private int _nodes;

    /// <summary>The line that was read last, from 1.</summary>
    public long Line { get; private set; } = 1;

    public ParsingEvent? Current => events.Current;

    public bool MoveNext()
    {
        if (!events.MoveNext())
        {
            return false;
        }

        Line = events.Current!.Start.Line;
        switch (events.Current)
        {
            case Scalar scalar:
                Enter(scalar);
                Count(1);
                Finish(scalar.Anchor, nodes: 1);
                break;
            case AnchorAlias alias:
                RequireNoKey();
                Count(Repeated(alias.Value));
                Finish(AnchorName.Empty, nodes: 0);
                break;
            case MappingStart mapping:
                Open(mapping, isMapping: true);
                break;
            case SequenceStart sequence:
                Open(sequence, isMapping: false);
                break;
            case MappingEnd or SequenceEnd:
                var level = _levels.Pop();
                Finish(level.Anchor, _nodes - level.NodesBefore);
                break;
            default:
                break;
        }

        return true;
    }

    private void Open(NodeEvent start, bool isMapping)
    {
        RequireNoKey();
        if (_levels.Count == MostLevels)
        {
            throw Error($"is nested more than {MostLevels} levels deep");
        }

        Count(1);
        _levels.Push(new Level(start.Anchor, _nodes - 1, isMapping));
    }

    /// <summary>A key of a mapping must be new in it.</summary>
    private void Enter(Scalar scalar)
    {
        if (
            _levels.TryPeek(out var level)
            && level.AwaitsKey
            && !level.LineOfKey.TryAdd(scalar.Value, scalar.Start.Line)
        )
        {
            throw Error($"'{scalar.Value}' is given already in line {level.LineOfKey[scalar.Value]}");
        }
    }

    private void RequireNoKey()
    {
        if (_levels.TryPeek(out var level) && level.AwaitsKey)
        {
            throw Error("found something else where a name before a colon should be");
        }
    }

    private int Repeated(AnchorName anchor) =>
        _nodesOfAnchor.TryGetValue(anchor, out var nodes)
            ? nodes
            : throw Error($"*{anchor} repeats what does not end before it");

    private void Count(int nodes)
    {
        _nodes += nodes;
        if (_nodes > MostNodes)
        {
            throw Error(
                $"has more than {MostNodes} values, lists and mappings, counting what aliases repeat; split the file"
            );
        }
    }

    /// <summary>A key, a value or an element has ended.</summary>
    private void Finish(AnchorName anchor, int nodes)
    {
        if (!anchor.IsEmpty)
        {
            _nodesOfAnchor[anchor] = nodes;
        }

        if (_levels.TryPeek(out var level) && level.IsMapping)
        {
            level.AwaitsKey = !level.AwaitsKey;
        }
    }

    private UserErrorException Error(string message) =>
        new(FormattableString.Invariant($"{path}:{Line}: {message}"));

    /// <summary>A list or mapping that has not ended.</summary>
    private sealed record Level(AnchorName Anchor, int NodesBefore, bool IsMapping)
    {
        /// <summary>Whether the next thing is a key, not a value.</summary>
        public bool AwaitsKey { get; set; } = IsMapping;

        public Dictionary<string, long> LineOfKey { get; } = new(StringComparer.Ordinal);
    }
}
