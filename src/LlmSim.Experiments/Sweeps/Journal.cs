using LlmSim.Experiments.Results;
using LlmSim.Metrics;
using Microsoft.Data.Sqlite;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A point that a journal has.</summary>
/// <param name="Summary">Its figures.</param>
/// <param name="Files">Its files.</param>
internal sealed record JournalEntry(RunSummary Summary, IReadOnlyList<PointFile> Files);

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
        JournalFile.Create(path);
        return Open(path);
    }

    /// <summary>A journal that begins anew, whatever sweep it had points of; a new one when there is none.</summary>
    /// <exception cref="UserErrorException">The file is none of ours, or another process has it.</exception>
    public static Journal Overwrite(string path)
    {
        var journal = Resume(path);
        try
        {
            JournalFile.Clear(journal._connection, path);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>The journal of an earlier sweep; a new one when there is none.</summary>
    /// <exception cref="UserErrorException">The file is damaged, none of ours, or another process has it.</exception>
    public static Journal Resume(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            JournalFile.Create(path);
        }

        return Open(path);
    }

    /// <summary>
    /// Records what the sweep reads. An input that has changed since is an error, because the points in the journal are of the
    /// former one.
    /// </summary>
    /// <exception cref="UserErrorException">An input has changed; the message names it.</exception>
    public void RequireUnchanged(IReadOnlyCollection<InputFingerprint> inputs) =>
        Transact(transaction =>
        {
            foreach (var (name, content) in inputs)
            {
                RequireUnchanged(transaction, name, content);
                Execute(
                    transaction,
                    "INSERT OR IGNORE INTO inputs VALUES ($a, $b)",
                    ("$a", name),
                    ("$b", content)
                );
            }
        });

    /// <summary>All points by the hash of their configuration.</summary>
    public IReadOnlyDictionary<string, JournalEntry> Entries()
    {
        var entries = new Dictionary<string, JournalEntry>(StringComparer.Ordinal);
        Transact(transaction =>
        {
            var files = Rows(
                    transaction,
                    "SELECT hash, option, name, bytes FROM files",
                    row =>
                        (
                            Hash: row.GetString(0),
                            File: new PointFile(row.GetString(1), row.GetString(2), row.GetInt64(3))
                        )
                )
                .ToLookup(row => row.Hash, row => row.File);
            var points = Rows(
                transaction,
                "SELECT hash, summary FROM points",
                row => (Hash: row.GetString(0), Summary: SummaryJson.ParseSummary(row.GetString(1)))
            );
            foreach (var (hash, summary) in points)
            {
                entries.Add(hash, new JournalEntry(summary, [.. files[hash]]));
            }
        });
        return entries;
    }

    /// <summary>The configuration of the point that was committed first, as canonical JSON; null without points.</summary>
    public string? FirstConfiguration()
    {
        string? first = null;
        Transact(transaction =>
        {
            using var command = Command(
                transaction,
                "SELECT configuration FROM points ORDER BY rowid LIMIT 1"
            );
            first = (string?)command.ExecuteScalar();
        });
        return first;
    }

    /// <summary>Commits a point: durable when this returns.</summary>
    /// <exception cref="UserErrorException">It cannot be written; what was committed before is safe.</exception>
    public void Commit(string hash, string configuration, JournalEntry entry) =>
        Transact(transaction =>
        {
            Execute(
                transaction,
                // A point whose files were lost is run again.
                "INSERT OR REPLACE INTO points VALUES ($hash, $configuration, $summary)",
                ("$hash", hash),
                ("$configuration", configuration),
                ("$summary", SummaryJson.Text(entry.Summary))
            );
            foreach (var file in entry.Files)
            {
                Execute(
                    transaction,
                    "INSERT OR REPLACE INTO files VALUES ($hash, $option, $name, $bytes)",
                    ("$hash", hash),
                    ("$option", file.Option),
                    ("$name", file.Name),
                    ("$bytes", file.Bytes)
                );
            }
        });

    public void Dispose()
    {
        _connection.Dispose();
        _claim?.Dispose();
    }

    private static Journal Open(string path)
    {
        JournalFile.RequireJournal(path);
        var claim = FileClaims.Write("--checkpoint_path", path);
        var connection = JournalFile.Connect(path);
        try
        {
            JournalFile.Lock(connection, path);
            JournalFile.RequireIntact(connection, path);
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

    private void RequireUnchanged(SqliteTransaction transaction, string name, string content)
    {
        using var command = Command(
            transaction,
            "SELECT content FROM inputs WHERE name = $name",
            ("$name", name)
        );
        if (command.ExecuteScalar() is string former && former != content)
        {
            throw new UserErrorException(
                $"{_path}: the {name} has changed since the sweep began: it was {former}, it is {content}. The results of "
                    + "both would be mixed: give the former back, or begin anew with another --checkpoint_path."
            );
        }
    }

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

    private static List<T> Rows<T>(SqliteTransaction transaction, string sql, Func<SqliteDataReader, T> read)
    {
        using var command = Command(transaction, sql);
        using var row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read())
        {
            rows.Add(read(row));
        }

        return rows;
    }

    private static void Execute(
        SqliteTransaction transaction,
        string sql,
        params ReadOnlySpan<(string Name, object Value)> parameters
    )
    {
        using var command = Command(transaction, sql, parameters);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(
        SqliteTransaction transaction,
        string sql,
        params ReadOnlySpan<(string Name, object Value)> parameters
    )
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
