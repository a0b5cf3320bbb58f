using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// A trace that is being read, lazily and in constant memory unless it is to be sorted or spread. Arrivals are relative to its
/// first request, in every format.
/// </summary>
public sealed class Trace : IDisposable
{
    private readonly TraceOptions _options;
    private readonly LineReader _lines;
    private readonly string _sourceName;
    private readonly TraceFormat _format;
    private readonly ITraceRows _rows;
    private readonly TraceRow _first;
    private readonly long _seed;

    private long _skipped;
    private string? _firstSkipped;
    private long _taken;
    private long _conversations;
    private long _nextId;
    private SimTime _firstTaken;
    private SimTime _lastTaken;

    private Trace(Stream stream, string sourceName, TraceOptions options, bool readHashIds, long seed)
    {
        options.Validate();
        (_options, _sourceName, _seed) = (options, sourceName, seed);
        _lines = new LineReader(stream, sourceName, options.Limits);
        try
        {
            (_format, _rows) = TraceOpening.Open(_lines, options, readHashIds);
            _first = TryNext(out var first) ? first : throw NoRequest();
        }
        catch
        {
            _lines.Dispose();
            throw;
        }

        if (!HasTimes && options.OfTime().FirstOrDefault() is { } option)
        {
            throw new UserErrorException(
                $"{sourceName}: {option}: the trace has no times; allowed with times only"
            );
        }
    }

    /// <summary>Whether it says when its requests arrive; otherwise all arrive at 0.</summary>
    public bool HasTimes => _first.Arrival is not null;

    /// <summary>Tokens that a hash id of its format stands for.</summary>
    public int HashBlockTokens => _format.HashBlockTokens;

    /// <summary>Whether its requests may have blocks of their own sizes.</summary>
    internal bool KnowsBlocks => _format == LlmSimFormat.Format;

    /// <summary>What has been read so far.</summary>
    internal TraceFacts Facts =>
        new()
        {
            Source = _sourceName,
            Format = _format.Name,
            TimeUnit = HasTimes && _rows.Clock?.Unit is { } unit ? TimeUnits.Name(unit) : null,
            IsTimeUnitCertain = _rows.Clock?.IsCertain ?? true,
            Requests = _taken,
            Conversations = _conversations,
            SpanSeconds = HasTimes ? (_lastTaken - _firstTaken).Seconds : null,
            Skipped = _skipped,
            FirstSkipped = _firstSkipped,
            Remark = _rows.Notice,
        };

    /// <summary>Opens a trace and reads its first request.</summary>
    /// <param name="stream">Uncompressed UTF-8. It is read while the requests are enumerated, once, and left open.</param>
    /// <param name="sourceName">The name of the file, for errors.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="readHashIds">Whether to fill <see cref="RequestSpec.HashIds" /> where the trace has them.</param>
    /// <param name="seed">Seed of the run, for <see cref="TraceOptions.Jitter" />.</param>
    /// <exception cref="UserErrorException">An option is wrong, or the file is not a trace.</exception>
    public static Trace Open(
        Stream stream,
        string sourceName,
        TraceOptions? options = null,
        bool readHashIds = false,
        long seed = 0
    ) => new(stream, sourceName, options ?? new TraceOptions(), readHashIds, seed);

    /// <summary>The requests; they can be enumerated once.</summary>
    /// <exception cref="UserErrorException">
    /// While enumerating: a row is wrong, with its line, the field, what was found and what is allowed; or no request is within
    /// the times that were asked for.
    /// </exception>
    public IEnumerable<RequestSpec> Requests()
    {
        return Window(_options.Sort || _options.Jitter ? InMemory() : InOrder());
    }

    /// <inheritdoc />
    public void Dispose() => _lines.Dispose();

    private IEnumerable<RequestSpec> Window(IEnumerable<TraceRow> rows)
    {
        SimTime? origin = null;
        var (from, until) = (Limit(_options.From), Limit(_options.Until));
        foreach (var row in rows)
        {
            var time = row.Arrival ?? SimTime.Zero;
            origin ??= time;
            var sinceStart = time - origin.Value;
            if (from is null || sinceStart < from)
            {
                continue;
            }

            if (sinceStart >= until)
            {
                break;
            }

            _firstTaken = _taken == 0 ? time : _firstTaken;
            _lastTaken = time;
            var request = Request(row, Scaled(time - _firstTaken));
            _taken++;
            _nextId += request.Conversation?.Turns.Count ?? 1;
            _conversations += request.Conversation is null ? 0 : 1;
            yield return request;
        }

        if (_taken == 0)
        {
            throw _lines.FileError(
                FormattableString.Invariant(
                    $"no request from {_options.From} s on, until {(object?)_options.Until ?? "its end"}; allowed: a part of the trace with at least one"
                )
            );
        }
    }

    private RequestSpec Request(in TraceRow row, SimTime arrival)
    {
        if (row.More?.Conversation is { } conversation)
        {
            return conversation.Begin(_nextId, arrival, row.More.Origin) with { Traits = row.More.Traits };
        }

        var request = new RequestSpec(_nextId, arrival, row.InputTokens, row.OutputTokens, row.HashIds);
        return row.More is { } more
            ? request with
            {
                Origin = more.Origin,
                Traits = more.Traits,
                HashBlockTokens = more.HashBlockTokens ?? request.HashBlockTokens,
            }
            : request;
    }

    /// <summary>Null when no time of a trace reaches it.</summary>
    private static SimTime? Limit(double? seconds) =>
        seconds < SimTime.MaxValue.Seconds ? SimTime.FromSeconds(seconds.Value) : null;

    private SimTime Scaled(SimTime time)
    {
        if (_options.TimeScale == 1)
        {
            return time;
        }

        var seconds = time.Seconds * _options.TimeScale;
        return seconds < SimTime.MaxValue.Seconds
            ? SimTime.FromSeconds(seconds)
            : throw _lines.FileError(
                "time_scale: the last requests arrive after 292 years, which is as far as the simulated clock goes; "
                    + "allowed: a smaller number"
            );
    }

    private IEnumerable<TraceRow> InOrder()
    {
        var row = _first;
        var previous = SimTime.Zero;
        do
        {
            if (row.Arrival is { } time)
            {
                if (time < previous)
                {
                    throw Backwards(previous - time);
                }

                previous = time;
            }

            yield return row;
        } while (TryNext(out row));
    }

    private TraceRow[] InMemory()
    {
        var rows = (_options.Sort ? Unordered().OrderBy(row => row.Arrival) : InOrder()).ToArray();
        if (_options.Jitter)
        {
            Jitter.Spread(rows, _seed);
        }

        return rows;
    }

    private IEnumerable<TraceRow> Unordered()
    {
        var row = _first;
        do
        {
            yield return row;
        } while (TryNext(out row));
    }

    /// <summary>The next row that is a request.</summary>
    private bool TryNext(out TraceRow row)
    {
        while (_rows.MoveNext())
        {
            try
            {
                row = _rows.Read();
                RequireSameTimes(row);
                return true;
            }
            catch (UserErrorException e) when (_options.SkipInvalid)
            {
                _firstSkipped ??= e.Message;
                _skipped++;
            }
        }

        row = default;
        return false;
    }

    private void RequireSameTimes(in TraceRow row)
    {
        // Before the first row has been read this compares with a default, which has no times.
        if (_first.InputTokens > 0 && row.Arrival is null != _first.Arrival is null)
        {
            throw _rows.Error(
                _rows.ArrivalField,
                row.Arrival is null
                    ? "missing, though the requests above have it; allowed: all with a time, or none"
                    : "found a time, though the requests above have none; allowed: all with a time, or none"
            );
        }
    }

    private UserErrorException NoRequest() =>
        _lines.FileError(
            _skipped > 0
                ? $"no row is a request ({_skipped} left out by skip_invalid); the first: {_firstSkipped}"
                : "the trace has a header and no request; allowed: at least one request"
        );

    private UserErrorException Backwards(SimTime time) =>
        _rows.Error(
            _rows.ArrivalField,
            FormattableString.Invariant(
                $"{time.Seconds} s before the request above it; allowed: timestamps that never go backwards (--sort sorts the trace)"
            )
        );
}
