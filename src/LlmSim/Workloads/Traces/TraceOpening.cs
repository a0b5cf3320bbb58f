namespace LlmSim.Workloads.Traces;

/// <summary>Finds out what a file is by its beginning.</summary>
internal static class TraceOpening
{
    private const string Formats =
        "a JSON object a line, a JSON array of objects, or a header such as TIMESTAMP,ContextTokens,GeneratedTokens; "
        + "fields of other names with --columns";

    /// <summary>The format of a trace and its rows.</summary>
    /// <exception cref="UserErrorException">It has none that is known, or another one than the options ask for.</exception>
    public static (TraceFormat Format, ITraceRows Rows) Open(
        LineReader lines,
        TraceOptions options,
        bool readHashIds
    )
    {
        var columns = TraceFields.ParseColumns(options.Columns);
        var head = lines.Head().TrimStart(" \t\r\n"u8);
        if (head.IsEmpty)
        {
            throw lines.FileError("the trace is empty; allowed: at least one request");
        }

        return head[0] is (byte)'{' or (byte)'['
            ? OpenJson(lines, new JsonHead(head), options, columns, readHashIds)
            : OpenCsv(lines, options, columns);
    }

    private static (TraceFormat Format, ITraceRows Rows) OpenJson(
        LineReader lines,
        JsonHead head,
        TraceOptions options,
        IReadOnlyDictionary<string, string> columns,
        bool readHashIds
    )
    {
        lines.Shape = head.Shape;
        var format = Choose(lines, head.Names, options.Format, columns, isJson: true);
        TraceClock Clock(string field) => new(format, field, options.TimeUnit);
        if (options.ReplaysSessions)
        {
            return format.Sessions is { } openSessions && columns.Count == 0
                ? (format, openSessions(lines, Clock, options.RulesOf(format)))
                : throw NoSessions(lines, columns.Count > 0 ? "--columns" : $"the format {format.Name}");
        }

        if (format.Rows is { } openRows && columns.Count == 0)
        {
            return (format, openRows(lines, Clock));
        }

        var fields = TraceFields.Resolve(format, columns, head.Names);
        return (format, new JsonRows(lines, fields, Clock(fields.Arrival ?? ""), readHashIds));
    }

    private static (TraceFormat Format, ITraceRows Rows) OpenCsv(
        LineReader lines,
        TraceOptions options,
        IReadOnlyDictionary<string, string> columns
    )
    {
        if (options.ReplaysSessions)
        {
            throw NoSessions(lines, "CSV");
        }

        lines.Shape = RecordShape.QuotedLines;
        lines.MoveNext();
        var header = new CsvHeader(lines);
        lines.Separators = [header.Separator];
        var format = Choose(lines, header.Names, options.Format, columns, isJson: false);
        if (columns.ContainsKey("hash_ids"))
        {
            throw lines.Error("columns", "found hash_ids; allowed: in JSON only, where they are arrays");
        }

        var fields = TraceFields.Resolve(format, columns, header.Names);
        foreach (var name in new[] { fields.Input, fields.Output })
        {
            if (!header.Names.Contains(name))
            {
                throw lines.Error(name, $"no such column; found: {header.Names}; allowed: {Formats}");
            }
        }

        return (
            format,
            new CsvRows(lines, header, fields, new TraceClock(format, fields.Arrival ?? "", options.TimeUnit))
        );
    }

    private static TraceFormat Choose(
        LineReader lines,
        FieldNames names,
        string? asked,
        IReadOnlyDictionary<string, string> columns,
        bool isJson
    )
    {
        var found = TraceFormats.Find(names, isJson);
        if (asked is not null)
        {
            var format = TraceFormat.Parse(asked);
            if (found is not null && found.IsDialectOf(format))
            {
                return found;
            }

            return found is null || found == format || columns.Count > 0 || format.Score(names) > 0
                ? format
                : throw lines.FileError($"the trace is in {found.Name}'s format; allowed here: {asked}'s");
        }

        if (found is not null)
        {
            return found;
        }

        if (columns.Count > 0)
        {
            return TraceFormats.Columns;
        }

        // Broken JSON has no names; the first format's reader says where it breaks.
        return isJson && names.IsEmpty ? TraceFormats.All[0] : throw Unknown(lines, names, isJson);
    }

    private static UserErrorException NoSessions(LineReader lines, string what) =>
        lines.FileError(
            $"sessions: {what} has none; allowed with {string.Join(", ", TraceFormats.All.Where(format => format.Sessions is not null).Select(format => format.Name))}"
        );

    private static UserErrorException Unknown(LineReader lines, FieldNames names, bool isJson)
    {
        if (!isJson)
        {
            return lines.Error("", lines.Line, Formats);
        }

        lines.MoveNext();
        var known = string.Join(", ", TraceFormats.All.Select(format => format.Name));
        return lines.Error(
            "",
            $"found the fields {names}, which are of no known format; allowed: {known}; fields of other names with --columns"
        );
    }
}
