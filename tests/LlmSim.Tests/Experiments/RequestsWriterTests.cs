using System.Globalization;
using FsCheck.Xunit;
using LlmSim.Experiments.Results;
using LlmSim.Kernel;
using LlmSim.Metrics;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class RequestsWriterTests
{
    private static readonly IReadOnlyList<RequestColumn> s_columns = RequestColumns.For(10, 0.5);

    [Fact]
    public void The_csv_has_the_documented_columns_and_empty_cells_where_undefined()
    {
        var lines = Csv(Samples.Served(0), Samples.SingleToken(1), Samples.Rejected(2)).Split('\n');

        Assert.Equal(
            "id,arrival,input_length,output_length,prefill_instance,prefill_start,prefill_finish,ttft,"
                + "kv_transfer_finish,decode_instance,decode_start,decode_finish,tpot,evictions,"
                + "trace_input_length,trace_output_length,prefill_queue,kv_transfer,decode_queue,"
                + "first_decode_start,recompute,finish,e2e,ttft_met,tpot_met,rejection_reason,"
                + "outcome,class,tenant,priority,attempts,failovers,conversation,turn",
            lines[0]
        );
        Assert.Equal(
            "0,0,100,11,1,0.25,0.5,0.5,0.625,2,1,2,0.15,1,100,11,0.25,0.125,0.125,0.75,0.125,2,2,true,true,,finished,,,,1,0,,",
            lines[1]
        );
        Assert.Equal(
            "1,1,100,1,1,1.25,1.5,0.5,,,,,,0,100,1,0.25,,,,,1.5,0.5,true,,,finished,,,,1,0,,",
            lines[2]
        );
        Assert.Equal(
            "2,2,100,11,,,,,,,,,,0,100,11,,,,,,,,,,\"too long, \"\"far\"\" too long\",rejected,,,,1,0,,",
            lines[3]
        );
        Assert.Equal("", Assert.Single(lines[4..]));
    }

    [Property]
    public void Seconds_read_back_exactly(long nanoseconds)
    {
        var time = new SimTime(Math.Abs(nanoseconds % long.MaxValue));
        var cell = Csv(Samples.Served(0) with { Arrival = time }).Split('\n')[1].Split(',')[1];

        Assert.Equal(time.Seconds, double.Parse(cell, CultureInfo.InvariantCulture));
    }

    [Property]
    public void Rows_are_in_the_order_of_ids_in_whatever_order_requests_finish(int seed)
    {
        var records = Enumerable.Range(0, 50).Select(id => Samples.Served(id)).ToArray();
        new RandomStream(seed, "shuffle").Shuffle(records);

        var ids = Csv(records).Split('\n')[1..^1].Select(line => line.Split(',')[0]);

        Assert.Equal(Enumerable.Range(0, 50).Select(id => $"{id}"), ids);
    }

    [Fact]
    public void A_request_that_comes_twice_or_never_is_our_defect()
    {
        var twice = Assert.Throws<InvariantViolationException>(() =>
            Csv(Samples.Served(0), Samples.Served(0))
        );
        var never = Assert.Throws<InvariantViolationException>(() => Csv(Samples.Served(1)));

        Assert.Contains("request 0 was recorded twice", twice.Message, StringComparison.Ordinal);
        Assert.Contains("request 0 was never recorded", never.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_holds_what_the_csv_holds()
    {
        RequestRecord[] records =
        [
            Samples.Served(0),
            Samples.SingleToken(1),
            Samples.Rejected(2) with
            {
                RejectionReason = "too long",
            },
        ];
        using var stream = new MemoryStream();
        Write(new RequestsParquetWriter(stream, s_columns), records);
        stream.Position = 0;
        await using var reader = await ParquetReader.CreateAsync(stream);
        using var group = reader.OpenRowGroupReader(0);

        var csv = Csv(records).Split('\n')[1..^1].Select(line => line.Split(',')).ToArray();
        for (var i = 0; i < s_columns.Count; i++)
        {
            var expected = csv.Select(row => row[i]);
            Assert.Equal(expected, await Cells(group, reader.Schema.DataFields[i], records.Length));
        }
    }

    [Fact]
    public async Task Parquet_is_cut_into_row_groups_and_loses_nothing()
    {
        const int Count = 70_000;
        using var stream = new MemoryStream();
        Write(
            new RequestsParquetWriter(stream, s_columns),
            Enumerable.Range(0, Count).Select(id => Samples.Served(id))
        );
        stream.Position = 0;
        await using var reader = await ParquetReader.CreateAsync(stream);

        Assert.Equal(2, reader.RowGroupCount);
        Assert.Equal(Count, reader.RowGroups.Sum(group => group.RowCount));
    }

    [Fact]
    public void An_extension_without_a_format_is_an_error_that_names_those_that_have_one()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            RequestsWriter.ForExtension("--requests_output", "a.xlsx")
        );

        Assert.Contains("--requests_output a.xlsx", error.Message, StringComparison.Ordinal);
        Assert.Contains(".csv, .parquet", error.Message, StringComparison.Ordinal);
    }

    private static string Csv(params RequestRecord[] records)
    {
        using var stream = new MemoryStream();
        Write(new RequestsCsvWriter(stream, s_columns), records);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(RequestsWriter writer, IEnumerable<RequestRecord> records)
    {
        foreach (var record in records)
        {
            writer.Add(record);
        }

        writer.Complete();
    }

    private static async Task<string[]> Cells(ParquetRowGroupReader group, DataField field, int rows)
    {
        if (field.ClrType == typeof(ReadOnlyMemory<char>))
        {
            var texts = new string?[rows];
            await group.ReadAsync(field, texts.AsMemory()!);
            return [.. texts.Select(text => text ?? "")];
        }

        return field.ClrType switch
        {
            var type when type == typeof(long) => await Numbers<long>(group, field, rows),
            var type when type == typeof(double) => await Numbers<double>(group, field, rows),
            _ => [.. (await Numbers<bool>(group, field, rows)).Select(text => text.ToLowerInvariant())],
        };
    }

    private static async Task<string[]> Numbers<T>(ParquetRowGroupReader group, DataField field, int rows)
        where T : struct
    {
        var values = new T?[rows];
        await group.ReadAsync<T>(field, values.AsMemory());
        return [.. values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];
    }
}
