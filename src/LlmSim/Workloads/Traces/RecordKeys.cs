using System.Text;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// The keys of a record in their order, to find one that its object has twice. Records of a file have the same keys, so that each is
/// first compared with the one in its place in the record before, whose keys are known to differ.
/// </summary>
/// <typeparam name="T">What belongs to a key or an object.</typeparam>
internal sealed class RecordKeys<T>
    where T : class
{
    private readonly HashSet<(int Object, string Name)> _distinct = [];
    private Key[] _keys = new Key[16];

    /// <summary>Keys of the last record that had others than those before.</summary>
    private int _known;

    /// <summary>Keys of the current record so far.</summary>
    private int _count;

    /// <summary>Whether the current record has the keys of the one before, so far.</summary>
    private bool _isAsBefore;

    /// <summary>Begins the next record.</summary>
    public void Clear() => (_count, _isAsBefore) = (0, true);

    /// <summary>Takes the key that a reader stands on.</summary>
    /// <param name="json">The reader.</param>
    /// <param name="ofObject">The number of its object within the record.</param>
    /// <param name="owner">What belongs to that object.</param>
    /// <param name="find">Finds what belongs to a key that was not in this place before.</param>
    /// <param name="value">What belongs to it.</param>
    /// <returns>False when the object has the key already.</returns>
    /// <exception cref="InvalidOperationException">The key has an escape that is half a character.</exception>
    public bool TryAdd(ref readonly Utf8JsonReader json, int ofObject, T? owner, FindKey find, out T? value)
    {
        if (_isAsBefore && _count < _known)
        {
            ref readonly var before = ref _keys[_count];
            if (before.Object == ofObject && before.Owner == owner && json.ValueTextEquals(before.Utf8))
            {
                _count++;
                value = before.Value;
                return true;
            }
        }

        value = find(in json, owner);
        return Append(ofObject, owner, json.GetString()!, value);
    }

    private bool Append(int ofObject, T? owner, string name, T? value)
    {
        if (_isAsBefore)
        {
            _isAsBefore = false;
            _distinct.Clear();
            foreach (var key in _keys.AsSpan(0, _count))
            {
                _distinct.Add((key.Object, key.Name));
            }
        }

        _known = _count;
        if (!_distinct.Add((ofObject, name)))
        {
            return false;
        }

        if (_count == _keys.Length)
        {
            Array.Resize(ref _keys, 2 * _count);
        }

        _keys[_count++] = new Key(ofObject, owner, name, Encoding.UTF8.GetBytes(name), value);
        _known = _count;
        return true;
    }

    /// <summary>Finds what belongs to the key that a reader stands on.</summary>
    public delegate T? FindKey(ref readonly Utf8JsonReader json, T? owner);

    private readonly record struct Key(int Object, T? Owner, string Name, byte[] Utf8, T? Value);
}
