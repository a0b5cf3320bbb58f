using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A row of a journal that is not what was written.</summary>
/// <param name="Table">The table that it was in.</param>
/// <param name="Row">Its number there.</param>
/// <param name="Key">What its first column has now.</param>
internal readonly record struct DamagedRow(string Table, long Row, string Key);

/// <summary>
/// A table of a journal. The last column of each row is a checksum over the others: SQLite knows whether its pages fit together,
/// but not whether a value is the one that was written.
/// </summary>
internal sealed class JournalTable
{
    private readonly string _name;
    private readonly string _columns;
    private readonly string _parameters;

    private JournalTable(string name, string[] columns, string definitions)
    {
        _name = name;
        _columns = string.Join(", ", columns);
        _parameters = string.Join(", ", columns.Select((_, index) => Parameter(index)));
        Definition = $"CREATE TABLE {name} ({definitions})";
    }

    /// <summary>What a sweep reads: the content by its name.</summary>
    public static JournalTable Inputs { get; } =
        new(
            "inputs",
            ["name", "content", "checksum"],
            "name TEXT PRIMARY KEY, content TEXT NOT NULL, checksum TEXT NOT NULL"
        );

    /// <summary>The finished points, by the hash of their configuration and inputs.</summary>
    public static JournalTable Points { get; } =
        new(
            "points",
            ["hash", "configuration", "summary", "checksum"],
            "hash TEXT PRIMARY KEY, configuration TEXT NOT NULL, summary TEXT NOT NULL, checksum TEXT NOT NULL"
        );

    /// <summary>The files of the points.</summary>
    public static JournalTable Files { get; } =
        new(
            "files",
            ["hash", "option", "name", "bytes", "content", "checksum"],
            "hash TEXT NOT NULL, option TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, "
                + "content TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (hash, option)"
        );

    /// <summary>All tables of a journal.</summary>
    public static IReadOnlyList<JournalTable> All { get; } = [Inputs, Points, Files];

    /// <summary>The statement that makes the table, as SQLite keeps it.</summary>
    public string Definition { get; }

    /// <summary>The statement that takes the table away.</summary>
    public string Removal => $"DROP TABLE IF EXISTS {_name}";

    /// <summary>Adds a row in the place of one with the same key.</summary>
    /// <param name="transaction">What it is part of.</param>
    /// <param name="values">Text and whole numbers, column by column but for the checksum.</param>
    public void Write(SqliteTransaction transaction, params object[] values)
    {
        using var command = Command(
            transaction,
            $"INSERT OR REPLACE INTO {_name} VALUES ({_parameters})",
            [.. values, Checksum(values)]
        );
        command.ExecuteNonQuery();
    }

    /// <summary>The values of all rows in the order in which they were written, but for the checksum.</summary>
    /// <param name="transaction">What it is part of.</param>
    /// <param name="onDamage">Is told of each row that is not what was written; that row is deleted and not returned.</param>
    public List<object[]> Read(SqliteTransaction transaction, Action<DamagedRow> onDamage)
    {
        var rows = new List<object[]>();
        var damaged = new List<DamagedRow>();
        using (
            var command = Command(transaction, $"SELECT rowid, {_columns} FROM {_name} ORDER BY rowid", [])
        )
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var cells = new object[reader.FieldCount];
                _ = reader.GetValues(cells);
                var values = cells[1..^1];
                if (cells[^1] is string checksum && checksum == Checksum(values))
                {
                    rows.Add(values);
                }
                else
                {
                    damaged.Add(new DamagedRow(_name, reader.GetInt64(0), Text(values[0])));
                }
            }
        }

        foreach (var row in damaged)
        {
            using var deletion = Command(transaction, $"DELETE FROM {_name} WHERE rowid = $0", [row.Row]);
            deletion.ExecuteNonQuery();
            onDamage(row);
        }

        return rows;
    }

    /// <summary>SHA-256 of the table's name and the values with their types and lengths, which keep apart what reads the same.</summary>
    private string Checksum(object[] values)
    {
        var text = new StringBuilder(_name);
        foreach (var value in values)
        {
            var cell = Text(value);
            text.Append(CultureInfo.InvariantCulture, $"\n{value.GetType().Name} {cell.Length} {cell}");
        }

        return InputFingerprint.HashText(text.ToString());
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static string Parameter(int index) => string.Create(CultureInfo.InvariantCulture, $"${index}");

    private static SqliteCommand Command(SqliteTransaction transaction, string sql, object[] values)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters.AddWithValue(Parameter(index), values[index]);
        }

        return command;
    }
}
