using System.Buffers.Binary;
using System.Globalization;
using LlmSim.Experiments.Results;
using Microsoft.Data.Sqlite;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The journal as a file: made whole, recognised before it is touched, held by one process.</summary>
internal static class JournalFile
{
    /// <summary>"LSIM", where SQLite's file header has the application.</summary>
    private const int ApplicationId = 0x4C53494D;

    // Of SQLite's file header: https://www.sqlite.org/fileformat.html
    private const int UserVersionOffset = 60;
    private const int ApplicationIdOffset = 68;
    private const int HeaderBytes = 100;

    private const int SqliteBusy = 5;
    private const int SqliteFull = 13;

    /// <summary>All statements that make the tables.</summary>
    private static string Tables => string.Join("; ", JournalTable.All.Select(table => table.Definition));

    /// <summary>Makes an empty journal: with all its tables, or not at all.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public static void Create(string path)
    {
        // OutputFile checks the path and takes away what a killed process has left.
        using var file = new OutputFile("--checkpoint_path", path);
        try
        {
            using (var connection = Connect(file.Stream.Name))
            {
                Execute(
                    connection,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"BEGIN; PRAGMA application_id = {ApplicationId}; {Tables}; COMMIT"
                    )
                );
            }

            file.Commit();
        }
        catch (SqliteException e)
        {
            throw Error(path, e);
        }
    }

    /// <summary>Makes a journal empty, whatever it had: in one transaction.</summary>
    public static void Clear(SqliteConnection connection, string path)
    {
        try
        {
            Execute(
                connection,
                $"BEGIN; {string.Join("; ", JournalTable.All.Select(table => table.Removal))}; {Tables}; COMMIT"
            );
        }
        catch (SqliteException e)
        {
            throw Error(path, e);
        }
    }

    public static void RequireAbsent(string path)
    {
        if (File.Exists(path))
        {
            throw new UserErrorException(
                $"{path}: there is a journal of an earlier sweep already. --resume runs what it lacks; --overwrite begins "
                    + "anew; another --checkpoint_path keeps both."
            );
        }
    }

    /// <summary>Fails at a file that is none of ours, without writing to it.</summary>
    public static void RequireJournal(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UserErrorException($"--checkpoint_path {path}: is a folder; give the name of a file.");
        }

        var header = Header(path);
        if (header.Length == 0)
        {
            throw Foreign(path, "it is empty");
        }

        if (!header.AsSpan().StartsWith("SQLite format 3\0"u8))
        {
            throw Foreign(path, "it is no SQLite file");
        }

        if (
            header.Length < HeaderBytes
            || BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(ApplicationIdOffset)) != ApplicationId
        )
        {
            throw Foreign(path, "it is another program's SQLite file, or cut off");
        }
    }

    public static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWrite,
                // A pool would keep the file open, and so the lock, after the journal is closed.
                Pooling = false,
                DefaultTimeout = 1,
            }.ToString()
        );
        try
        {
            connection.Open();
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Error(path, e);
        }
    }

    /// <summary>Takes the file for this process until the connection ends.</summary>
    /// <exception cref="UserErrorException">Another process has it.</exception>
    public static void Lock(SqliteConnection connection, string path)
    {
        try
        {
            Execute(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL");
            // The first write takes the lock, which is then kept.
            Execute(
                connection,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"BEGIN EXCLUSIVE; PRAGMA user_version = {Environment.ProcessId}; COMMIT"
                )
            );
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SqliteBusy)
        {
            var owner = BinaryPrimitives.ReadInt32BigEndian(Header(path).AsSpan(UserVersionOffset));
            throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: the sweep of process {owner} writes to this journal; wait for it, stop it, or give another "
                ) + "--checkpoint_path.",
                e
            );
        }
    }

    /// <summary>Fails at a file with damaged pages.</summary>
    public static void RequireIntact(SqliteConnection connection, string path)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check(1)";
        var report = command.ExecuteScalar() as string;
        if (report != "ok")
        {
            throw Damaged(path, report ?? "SQLite has no report of it", null);
        }
    }

    /// <summary>Fails at a file with other tables than a journal has.</summary>
    public static void RequireTables(SqliteConnection connection, string path)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL";
        using var reader = command.ExecuteReader();
        var found = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
        {
            found.Add(reader.GetValue(0) as string ?? "");
        }

        if (!found.SetEquals(JournalTable.All.Select(table => table.Definition)))
        {
            throw new UserErrorException(
                $"{path}: its tables are not those of this version's journals: it is of another version of llmsim, or damaged. "
                    + "--overwrite begins anew; another --checkpoint_path keeps both."
            );
        }
    }

    /// <summary>What SQLite says, as an error of the user's world.</summary>
    public static UserErrorException Error(string path, SqliteException e) =>
        e.SqliteErrorCode switch
        {
            SqliteFull => new UserErrorException(
                $"{path}: the disk is full. What was finished is safe: make room, then --resume.",
                e
            ),
            // SQLITE_CORRUPT, SQLITE_NOTADB
            11 or 26 => Damaged(path, e.Message, e),
            // SQLITE_IOERR_SHORT_READ
            10 when e.SqliteExtendedErrorCode == (10 | (2 << 8)) => Damaged(path, "its end is missing", e),
            _ => new UserErrorException($"{path}: the journal cannot be used: {e.Message}", e),
        };

    private static UserErrorException Damaged(string path, string reason, Exception? inner) =>
        new(
            $"{path}: the journal is damaged ({reason}). It was left as it is; begin anew with another --checkpoint_path.",
            inner!
        );

    private static UserErrorException Foreign(string path, string reason) =>
        new(
            $"{path}: is no journal of a sweep: {reason}. It was left as it is; give another --checkpoint_path."
        );

    private static byte[] Header(string path)
    {
        try
        {
            using var stream = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            var header = new byte[HeaderBytes];
            var length = stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
            return header[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: the journal cannot be read: {e.Message}", e);
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
