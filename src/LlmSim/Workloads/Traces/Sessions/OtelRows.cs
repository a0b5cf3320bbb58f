using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// The calls of models among spans, or the conversations that they are. Spans of one gen_ai.conversation.id, their own or that of a span around them, else of
/// one trace, are a conversation. Each call waits for those that had ended when it began, and is sent so long after them as it was. All are held in memory.
/// </summary>
internal sealed class OtelRows : ITraceRows
{
    private readonly LineReader _lines;
    private readonly SessionRules? _rules;
    private readonly List<UserErrorException> _errors = [];
    private readonly Dictionary<(string Trace, string Id), OtelSpan> _spans = [];
    private readonly ContentIds _ids = ContentIds.Of(long.MinValue);

    private TraceRow[]? _rows;
    private int _current = -1;

    private OtelRows(LineReader lines, TraceClock clock, SessionRules? rules) =>
        (_lines, Clock, _rules) = (lines, clock, rules);

    /// <summary>OTLP in JSON.</summary>
    public static TraceFormat Otlp { get; } =
        new(
            "otlp",
            "OpenTelemetry's OTLP in JSON, a batch of spans a line: gen_ai.usage.input_tokens and output_tokens; needs --sort or --sessions replay"
        )
        {
            Marks = ["resourceSpans"],
            Unit = TimeUnit.Nanoseconds,
            IsUnitCertain = true,
            Rows = (lines, clock) => new OtelRows(lines, clock("startTimeUnixNano"), rules: null),
            Sessions = (lines, clock, rules) => new OtelRows(lines, clock("startTimeUnixNano"), rules),
        };

    /// <summary>Spans as SDKs print them.</summary>
    public static TraceFormat Printed { get; } =
        new(
            "otel",
            "OpenTelemetry's spans as SDKs print them, one a line: attributes with gen_ai.usage.input_tokens and output_tokens; needs --sort or --sessions replay"
        )
        {
            Marks = [$"attributes.{OtelSpans.InputName}"],
            Unit = TimeUnit.Nanoseconds,
            Rows = (lines, clock) => new OtelRows(lines, clock("start_time"), rules: null),
            Sessions = (lines, clock, rules) => new OtelRows(lines, clock("start_time"), rules),
        };

    public TraceClock Clock { get; }

    public string ArrivalField => "start_time";

    public bool MoveNext()
    {
        _rows ??= ReadAll();
        return ++_current < _errors.Count + _rows.Length;
    }

    public TraceRow Read() =>
        _current < _errors.Count ? throw _errors[_current] : _rows![_current - _errors.Count];

    public UserErrorException Error(string field, string message) => _lines.Error(field, message);

    private TraceRow[] ReadAll()
    {
        var calls = new List<OtelSpan>();
        while (_lines.MoveNext())
        {
            Try(() =>
            {
                using var document = JsonRecord.Parse(_lines);
                foreach (var span in OtelSpans.Read(new JsonRecord(_lines, document.RootElement), Clock))
                {
                    if (!_spans.TryAdd((span.Trace, span.Id), span))
                    {
                        throw _lines.Error(
                            "span_id",
                            FormattableString.Invariant(
                                $"{span.Id} is that of line {_spans[(span.Trace, span.Id)].Line} too; allowed: once in a trace"
                            )
                        );
                    }

                    if (span.Input > 0)
                    {
                        calls.Add(span);
                    }
                }
            });
        }

        return _rules is null
            ? [.. calls.Select(call => new TraceRow(call.Start, call.Input, call.Output))]
            : Conversations(calls);
    }

    private TraceRow[] Conversations(List<OtelSpan> calls)
    {
        var groups = new Dictionary<string, List<OtelSpan>>(StringComparer.Ordinal);
        foreach (var call in calls)
        {
            Try(() =>
            {
                var name = ConversationOf(call);
                if (!groups.TryGetValue(name, out var group))
                {
                    groups[name] = group = [];
                }

                group.Add(call);
            });
        }

        var rows = new List<TraceRow>();
        foreach (var (name, group) in groups)
        {
            Try(() =>
                rows.AddRange(
                    OtelConversation.Of(
                        name,
                        [.. group.OrderBy(call => call.Start).ThenBy(call => call.End)],
                        _lines,
                        number => new SessionPrompts(_lines, _rules!.BlockTokens, _ids.Part(number))
                    )
                )
            );
        }

        return [.. rows.OrderBy(row => row.Arrival)];
    }

    /// <summary>The conversation that a span or one around it names, else its trace.</summary>
    private string ConversationOf(OtelSpan call)
    {
        var span = call;
        for (var steps = 0; steps <= _spans.Count; steps++)
        {
            if (span.Conversation is { Length: > 0 } name)
            {
                return $"conversation {name}";
            }

            // A span around it may belong to another service, and not be there.
            if (span.Parent is not { } parent || !_spans.TryGetValue((span.Trace, parent), out span))
            {
                return $"trace {call.Trace}";
            }
        }

        throw _lines.ErrorAt(
            call.Line,
            "parent",
            $"the spans around {call.Id} lead in a circle; allowed: no cycle"
        );
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
}

/// <summary>Calls of one conversation, by their times.</summary>
internal sealed class OtelConversation
{
    private readonly List<OtelSpan> _calls = [];
    private readonly List<Turn> _turns = [];
    private readonly SessionPrompts _prompts;

    private OtelConversation(SessionPrompts prompts) => _prompts = prompts;

    /// <summary>One row, or several where calls began that waited for none.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="calls">Its calls in the order of their beginning.</param>
    /// <param name="lines">The file, for errors.</param>
    /// <param name="prompts">Makes the prompts of a conversation, told a number that no other has.</param>
    public static IEnumerable<TraceRow> Of(
        string name,
        IReadOnlyList<OtelSpan> calls,
        LineReader lines,
        Func<long, SessionPrompts> prompts
    )
    {
        var conversations = new List<OtelConversation>();
        foreach (var call in calls)
        {
            // That in which something ended last before this began.
            var conversation = conversations.MaxBy(one => one.LastEndBefore(call.Start) ?? new SimTime(-1));
            if (conversation?.LastEndBefore(call.Start) is null)
            {
                conversation = new OtelConversation(prompts(call.Line));
                conversations.Add(conversation);
            }

            conversation.Add(call);
        }

        return conversations.Select(one => one.Row(name, lines));
    }

    private SimTime? LastEndBefore(SimTime time)
    {
        SimTime? last = null;
        foreach (var call in _calls)
        {
            last = call.End <= time && !(call.End < last) ? call.End : last;
        }

        return last;
    }

    private void Add(OtelSpan call)
    {
        var ended = Enumerable.Range(0, _calls.Count).Where(turn => _calls[turn].End <= call.Start).ToArray();
        // Who waits for one that waited itself need not wait for what that one waited for.
        var lastStart = ended.Length == 0 ? SimTime.Zero : ended.Max(turn => _calls[turn].Start);
        var after = ended
            .Where(turn => _calls[turn].End > lastStart || _calls[turn].Start == lastStart)
            .ToArray();
        // The longest that was said before and fits: the prompt is taken to go on from there.
        var before = ended
            .Where(turn => _prompts.TokensAfter(turn) <= call.Input)
            .OrderByDescending(_prompts.TokensAfter)
            .Select(turn => (int?)turn)
            .FirstOrDefault();
        var (prompt, output) = _prompts.Whole(
            new SessionRecord
            {
                Line = call.Line,
                Id = call.Id,
                Input = call.Input,
                Output = call.Output,
            },
            before
        );
        var delay =
            after.Length == 0 ? 0 : (call.Start - after.Select(turn => _calls[turn].End).Max()).Seconds;
        _turns.Add(new Turn(prompt, output, after, delay));
        _calls.Add(call);
    }

    private TraceRow Row(string name, LineReader lines)
    {
        try
        {
            return new TraceRow(_calls[0].Start, _turns[0].PromptTokens, _turns[0].Output.Tokens)
            {
                More = new TraceRowMore(new Conversation(_turns, name), Origin: null),
            };
        }
        catch (UserErrorException e)
        {
            throw lines.ErrorAt(_calls[0].Line, "start_time", e.Message);
        }
    }
}
