using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>The conversations of a trace whose requests name the one that they follow. All are held in memory.</summary>
internal sealed partial class SessionRows : ITraceRows
{
    private readonly LineReader _lines;
    private readonly SessionRules _rules;
    private readonly SessionFields _fields;
    private readonly Func<JsonRecord, IEnumerable<SessionRecord>> _read;
    private readonly List<UserErrorException> _errors = [];
    private readonly List<SessionRecord> _records = [];
    private readonly Dictionary<string, int> _indexOf = new(StringComparer.Ordinal);
    private readonly ContentIds _ids = ContentIds.Of(long.MinValue);

    private TraceRow[]? _rows;
    private int _current = -1;
    private bool? _hasTimes;

    /// <summary>The rows of a file.</summary>
    /// <param name="lines">The file.</param>
    /// <param name="clock">Reads its times; null when it has none.</param>
    /// <param name="rules">How they become conversations.</param>
    /// <param name="fields">Names of its fields.</param>
    /// <param name="read">Reads a record.</param>
    public SessionRows(
        LineReader lines,
        TraceClock? clock,
        SessionRules rules,
        SessionFields fields,
        Func<JsonRecord, IEnumerable<SessionRecord>> read
    ) => (_lines, Clock, _rules, _fields, _read) = (lines, clock, rules, fields, read);

    public TraceClock? Clock { get; }

    public string ArrivalField => _fields.Arrival;

    /// <summary>What to say of the rows as a whole; null for nothing.</summary>
    public string? Notice { get; set; }

    public bool MoveNext()
    {
        _rows ??= ReadAll();
        return ++_current < _errors.Count + _rows.Length;
    }

    /// <summary>What was wrong comes first, so that it is told, or counted, before anything is made of the rest.</summary>
    public TraceRow Read() =>
        _current < _errors.Count ? throw _errors[_current] : _rows![_current - _errors.Count];

    public UserErrorException Error(string field, string message) => _lines.Error(field, message);

    private TraceRow[] ReadAll()
    {
        while (_lines.MoveNext())
        {
            Try(() =>
            {
                using var document = JsonRecord.Parse(_lines);
                foreach (var record in _read(new JsonRecord(_lines, document.RootElement)))
                {
                    Enter(record);
                }
            });
        }

        var conversations = new Dictionary<int, Growing>();
        var placeOf = new (Growing Conversation, int Turn)?[_records.Count];
        for (var i = 0; i < _records.Count; i++)
        {
            var index = i;
            Try(() =>
            {
                var record = _records[index];
                var parent = Parent(index);
                var place = parent is { } before ? placeOf[before] : null;
                if (parent is not null && place is null)
                {
                    throw At(
                        record,
                        _fields.Parent,
                        $"{record.Parent} is left out; allowed: a request that is read"
                    );
                }

                RequireSameTimes(record, begins: parent is null);
                var conversation = place?.Conversation ?? new Growing(this, record, index);
                placeOf[index] = (conversation, conversation.Add(record, place?.Turn));
                conversations.TryAdd(conversation.Index, conversation);
            });
        }

        var rows = new List<TraceRow>();
        foreach (var conversation in conversations.Values)
        {
            Try(() => rows.Add(conversation.Row()));
        }

        // Stable, so that those of one time keep their order.
        return [.. rows.OrderBy(row => row.Arrival ?? SimTime.Zero)];
    }

    private void Enter(SessionRecord record)
    {
        if (!_indexOf.TryAdd(record.Id, _records.Count))
        {
            throw At(
                record,
                _fields.Id,
                FormattableString.Invariant(
                    $"{record.Id} is that of line {_records[_indexOf[record.Id]].Line} too; allowed: once"
                )
            );
        }

        RequireBlocks(record);
        _records.Add(record);
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (UserErrorException e)
        {
            _errors.Add(e);
        }
    }

    /// <summary>The request that one follows; null when it begins a conversation.</summary>
    private int? Parent(int index)
    {
        var record = _records[index];
        if (record.Parent is not { } name)
        {
            return null;
        }

        if (!_indexOf.TryGetValue(name, out var parent))
        {
            return _rules.IsLenient
                ? null
                : throw At(
                    record,
                    _fields.Parent,
                    $"found {name}, which no request of the trace is; allowed: the {_fields.Id} of a request above (--sessions {SessionRules.Lenient} lets such requests begin conversations)"
                );
        }

        var before = _records[parent];
        return parent >= index
                ? throw At(
                    record,
                    _fields.Parent,
                    IsCycle(index)
                        ? $"{name} leads back to this request; allowed: no cycle"
                        : FormattableString.Invariant(
                            $"found {name}, which is in line {before.Line} below; allowed: the {_fields.Id} of a request above"
                        )
                )
            : record.DelaySeconds is null && record.Arrival < before.Arrival
                ? throw At(
                    record,
                    _fields.Arrival,
                    FormattableString.Invariant(
                        $"{(before.Arrival.Value - record.Arrival.Value).Seconds} s before the request that it follows, in line {before.Line}; allowed: at its time or later"
                    )
                )
            : parent;
    }

    private void RequireSameTimes(SessionRecord record, bool begins)
    {
        if (begins && (_hasTimes ??= record.Arrival is not null) != record.Arrival is not null)
        {
            throw At(
                record,
                _fields.Arrival,
                "some conversations begin with a time and others without; allowed: all with a time, or none"
            );
        }
    }

    private bool IsCycle(int index)
    {
        var at = index;
        for (var i = 0; i < _records.Count; i++)
        {
            if (_records[at].Parent is not { } name || !_indexOf.TryGetValue(name, out at))
            {
                return false;
            }

            if (at == index)
            {
                return true;
            }
        }

        return false;
    }

    private void RequireBlocks(SessionRecord record)
    {
        if (record.HashIds is not { } ids)
        {
            return;
        }

        var whole = record.Input / _rules.BlockTokens;
        var all = ((record.Input - 1) / _rules.BlockTokens) + 1;
        if (ids.Length != whole && ids.Length != all)
        {
            throw At(
                record,
                "hash_ids",
                FormattableString.Invariant(
                    $"found {ids.Length} ids for {record.Input} tokens; allowed with trace_block_size {_rules.BlockTokens}: {all}, or {whole} without the last, partial block"
                )
            );
        }
    }

    private UserErrorException At(SessionRecord record, string field, string message) =>
        _lines.ErrorAt(record.Line, field, message);
}
