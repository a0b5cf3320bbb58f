using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;
using Microsoft.Data.Sqlite;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A point that a journal has.</summary>
/// <param name="Summary">Its figures.</param>
/// <param name="Files">Its files.</param>
internal sealed record JournalEntry(RunSummary Summary, IReadOnlyList<PointFile> Files)
{
    /// <summary>The SLO whose sure miss has ended it, so that its figures are how far it came; null for a whole run.</summary>
    public SloTerm? Missed { get; init; }
}

/// <summary>A point as a journal gets it.</summary>
/// <param name="Hash">Of its configuration and inputs.</param>
/// <param name="Configuration">Its configuration as canonical JSON.</param>
/// <param name="Entry">What came of it.</param>
internal sealed record FinishedPoint(string Hash, string Configuration, JournalEntry Entry);

/// <summary>
/// The finished points of a sweep in an SQLite file. A point is there whole or not at all, whatever happens to the process or
/// the disk: it is committed in one transaction, after its files have got their names.
/// </summary>
/// <remarks>
/// One process at a time has the file: SQLite's exclusive lock, which the system takes back from a process that dies. The header
/// field user_version, which can be read without the lock, has that process's id.
/// </remarks>
internal sealed class Journal : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly List<DamagedRow> _damaged = [];
    private readonly Lock _lock = new();

    private readonly IDisposable? _claim;

    private Journal(string path, SqliteConnection connection, IDisposable? claim)
    {
        _path = path;
        _connection = connection;
        _claim = claim;
    }

    /// <summary>A new journal.</summary>
    /// <exception cref="UserErrorException">There is a file already, or it cannot be written.</exception>
    public static Journal Create(string path)
    {
        JournalFile.RequireAbsent(path);
        return Resume(path);
    }

    /// <summary>A journal that begins anew, whatever sweep it had points of; a new one when there is none.</summary>
    /// <exception cref="UserErrorException">The file is none of ours, or another process has it.</exception>
    public static Journal Overwrite(string path) => Open(path, isCleared: true);

    /// <summary>The journal of an earlier sweep; a new one when there is none.</summary>
    /// <exception cref="UserErrorException">
    /// The file is damaged, none of ours or of another version, or another process has it.
    /// </exception>
    public static Journal Resume(string path) => Open(path, isCleared: false);

    /// <summary>Rows that were found not to be what was written, and are gone: what they were of is to be run again.</summary>
    public IReadOnlyList<DamagedRow> Damaged => _damaged;

    /// <summary>
    /// Records what the sweep reads. An input that has changed since is an error, because the points in the journal are of the
    /// former one.
    /// </summary>
    /// <exception cref="UserErrorException">An input has changed; the message names it.</exception>
    public void RequireUnchanged(IReadOnlyCollection<InputFingerprint> inputs) =>
        Transact(transaction =>
        {
            var known = Read(JournalTable.Inputs, transaction)
                .ToDictionary(row => (string)row[0], row => (string)row[1], StringComparer.Ordinal);
            foreach (var (name, content) in inputs)
            {
                if (!known.TryGetValue(name, out var former))
                {
                    JournalTable.Inputs.Write(transaction, name, content);
                }
                else if (former != content)
                {
                    throw new UserErrorException(
                        $"{_path}: the {name} has changed since the sweep began: it was {former}, it is {content}. The results of "
                            + "both would be mixed: give the former back, or begin anew with another --checkpoint_path."
                    );
                }
            }
        });

    /// <summary>All points by the hash of their configuration.</summary>
    public IReadOnlyDictionary<string, JournalEntry> Entries()
    {
        var entries = new Dictionary<string, JournalEntry>(StringComparer.Ordinal);
        Transact(transaction =>
        {
            var files = Read(JournalTable.Files, transaction)
                .ToLookup(
                    row => (string)row[0],
                    row => new PointFile((string)row[1], (string)row[2], (long)row[3], (string)row[4])
                );
            foreach (var row in Read(JournalTable.Points, transaction))
            {
                var hash = (string)row[0];
                entries[hash] = new JournalEntry(SummaryJson.ParseSummary((string)row[2]), [.. files[hash]]);
            }
        });
        return entries;
    }

    /// <summary>The configuration of the point that was committed first, as canonical JSON; null without points.</summary>
    public string? FirstConfiguration()
    {
        string? first = null;
        Transact(transaction =>
            first = Read(JournalTable.Points, transaction).Select(row => (string)row[1]).FirstOrDefault()
        );
        return first;
    }

    /// <summary>Commits points, all or none: durable when this returns.</summary>
    /// <exception cref="UserErrorException">They cannot be written; what was committed before is safe.</exception>
    public void Commit(IReadOnlyList<FinishedPoint> points) =>
        Transact(transaction =>
        {
            foreach (var (hash, configuration, entry) in points)
            {
                // In the place of what it had: a point whose files were lost is run again.
                JournalTable.Points.Write(transaction, hash, configuration, SummaryJson.Text(entry.Summary));
                foreach (var file in entry.Files)
                {
                    JournalTable.Files.Write(
                        transaction,
                        hash,
                        file.Option,
                        file.Name,
                        file.Bytes,
                        file.Content
                    );
                }
            }
        });

    public void Dispose()
    {
        _connection.Dispose();
        _claim?.Dispose();
    }

    private static Journal Open(string path, bool isCleared)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            JournalFile.Create(path);
        }

        JournalFile.RequireJournal(path);
        var claim = FileClaims.Write("--checkpoint_path", path);
        var connection = JournalFile.Connect(path);
        try
        {
            JournalFile.Lock(connection, path);
            JournalFile.RequireIntact(connection, path);
            if (isCleared)
            {
                JournalFile.Clear(connection, path);
            }

            JournalFile.RequireTables(connection, path);
            return new Journal(path, connection, claim);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw JournalFile.Error(path, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private List<object[]> Read(JournalTable table, SqliteTransaction transaction) =>
        table.Read(transaction, _damaged.Add);

    private void Transact(Action<SqliteTransaction> action)
    {
        lock (_lock)
        {
            try
            {
                using var transaction = _connection.BeginTransaction();
                action(transaction);
                transaction.Commit();
            }
            catch (SqliteException e)
            {
                throw JournalFile.Error(_path, e);
            }
        }
    }
}
