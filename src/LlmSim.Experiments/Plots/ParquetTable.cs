using System.Globalization;
using System.Text;
using LlmSim.Workloads.Traces;
using Parquet;
using Parquet.Schema;

namespace LlmSim.Experiments.Plots;

/// <summary>A result file in Parquet.</summary>
internal sealed class ParquetTable(string path) : ResultTable(path, Guarded(path, () => Header(path)))
{
    protected override string[][] ReadTexts(int[] positions) =>
        Guarded(Path, () => ReadColumns(positions, ReadTextsAsync));

    protected override double[][] ReadNumbers(int[] positions) =>
        Guarded(Path, () => ReadColumns(positions, ReadNumbersAsync));

    private static async Task<string[]> Header(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path).ConfigureAwait(false);
        return [.. reader.Schema.DataFields.Select(field => field.Name)];
    }

    /// <summary>A damaged file makes the library fail in many ways, none of which says more than that it is damaged.</summary>
    private static T Guarded<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception e)
            when (e is not (UserErrorException or FileNotFoundException or UnauthorizedAccessException))
        {
            throw new UserErrorException(
                $"{path}: is damaged, or no Parquet file: {LineReader.Excerpt(Encoding.UTF8.GetBytes(e.Message))}",
                e
            );
        }
    }

    private async Task<string[]> ReadTextsAsync(ParquetRowGroupReader group, DataField field)
    {
        if (field.ClrType != typeof(ReadOnlyMemory<char>))
        {
            var numbers = await ReadNumbersAsync(group, field).ConfigureAwait(false);
            return [.. numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture))];
        }

        var texts = new string?[group.RowCount];
        await group.ReadAsync(field, texts.AsMemory()!).ConfigureAwait(false);
        return [.. texts.Select(text => text ?? "")];
    }

    private async Task<double[]> ReadNumbersAsync(ParquetRowGroupReader group, DataField field) =>
        field.ClrType switch
        {
            var type when type == typeof(int) => await ReadAsync<int>(group, field).ConfigureAwait(false),
            var type when type == typeof(long) => await ReadAsync<long>(group, field).ConfigureAwait(false),
            var type when type == typeof(double) => await ReadAsync<double>(group, field)
                .ConfigureAwait(false),
            var type => throw new UserErrorException(
                $"{Path}: {field.Name}: found a column of {type.Name}; allowed: int, long or double"
            ),
        };

    private static async Task<double[]> ReadAsync<T>(ParquetRowGroupReader group, DataField field)
        where T : struct, IConvertible
    {
        // A column without nulls stores none of the marks that reading into nullable values asks for.
        if (!field.IsNullable)
        {
            var numbers = new T[group.RowCount];
            await group.ReadAsync<T>(field, numbers.AsMemory()).ConfigureAwait(false);
            return [.. numbers.Select(number => number.ToDouble(CultureInfo.InvariantCulture))];
        }

        var values = new T?[group.RowCount];
        await group.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
        return [.. values.Select(value => value?.ToDouble(CultureInfo.InvariantCulture) ?? double.NaN)];
    }

    private async Task<T[][]> ReadColumns<T>(
        int[] positions,
        Func<ParquetRowGroupReader, DataField, Task<T[]>> read
    )
    {
        await using var reader = await ParquetReader.CreateAsync(Path).ConfigureAwait(false);
        var columns = positions.Select(_ => new List<T>()).ToArray();
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            for (var i = 0; i < positions.Length; i++)
            {
                columns[i]
                    .AddRange(
                        await read(group, reader.Schema.DataFields[positions[i]]).ConfigureAwait(false)
                    );
            }
        }

        return [.. columns.Select(column => column.ToArray())];
    }
}
