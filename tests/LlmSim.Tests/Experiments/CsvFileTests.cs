using System.Text;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using Xunit;

namespace LlmSim.Tests.Experiments;

/// <summary>The one reader of tables in CSV: of results, profiles and measured rows.</summary>
public sealed class CsvFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cells_are_read_with_their_quotes_taken_off()
    {
        using var file = CsvFile.Open(
            _folder.Write(
                "a.csv",
                "\uFEFFa,\"b \"\"c\"\"\",d\r\n1, \"x, \"\"y\"\"\nz\" ,\r\n\r\n2.5e0,5\" disk,\"-3\"\r\n"
            )
        );

        Assert.Equal(["a", "b \"c\"", "d"], file.Columns);
        Assert.True(file.MoveNext());
        Assert.Equal((2, "1", "x, \"y\"\nz", ""), (file.Line, file.Text(0), file.Text(1), file.Text(2)));
        Assert.Equal(double.NaN, file.Number(2));
        Assert.True(file.MoveNext());
        Assert.Equal((5, 2.5, "5\" disk", -3), (file.Line, file.Number(0), file.Text(1), file.Number(2)));
        Assert.False(file.MoveNext());
    }

    [Theory]
    [InlineData("", ": is empty; allowed: a table in CSV with a header")]
    [InlineData("\n \n", ": is empty; allowed: a table in CSV with a header")]
    [InlineData("a,b,a\n", ":1: a: the header has this column 2 times; allowed: once")]
    [InlineData(
        "a,b\n1,2,3\n",
        ":2: b: '3' follows it; allowed: 2 cells, as in the header (one with a separator in it needs quotes)"
    )]
    [InlineData("a,b\n1,2\n1\n", ":3: b: the row ends before it; allowed: 2 cells, as in the header")]
    [InlineData("a,b\n1,\"2\"x\n", ":2: b: found \"2\"x; allowed: a separator behind the closing quote")]
    [InlineData("a,b\n1,\"2\n", ":2: a field of this row opens with a double quote and does not end")]
    [InlineData("a,b\n1,x\n", ":2: b: found 'x'; allowed: a number")]
    [InlineData("a,b\n1,\"1,234\"\n", ":2: b: found '1,234'; allowed: a number")]
    [InlineData(
        "a,b\n1,2\u0001\n",
        ": looks like a binary file; allowed: UTF-8 text, plain or compressed with gzip or zstd"
    )]
    public void What_is_no_table_is_told_with_line_and_column(string text, string expected)
    {
        var path = _folder.Write("a.csv", text);
        var error = Assert.Throws<UserErrorException>(() => ReadNumbers(path));
        Assert.Equal(path + expected, error.Message);
    }

    [Fact]
    public void A_cell_without_end_is_not_shown_whole()
    {
        var path = _folder.Write("a.csv", "a,b\n1,\"" + new string('x', 100_000));
        Assert.InRange(
            Assert.Throws<UserErrorException>(() => ReadNumbers(path)).Message.Length,
            1,
            path.Length + 100
        );
        path = _folder.Write("b.csv", "a,b\n1," + new string('x', 17 << 20));
        var error = Assert.Throws<UserErrorException>(() => ReadNumbers(path));
        Assert.StartsWith(
            $"{path}:2: the line is longer than 16 MiB; allowed: one request a line",
            error.Message
        );
        Assert.Contains("LLMSIM_INPUT_LIMITS=2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_an_error()
    {
        var path = _folder.Write("a.csv", "");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("a,b\n1,caf\u00e9\n"));
        var error = Assert.Throws<UserErrorException>(() => ReadNumbers(path));
        Assert.Equal($"{path}:2: found the byte 0xE9 after '1,caf'; allowed: UTF-8", error.Message);
    }

    [Fact]
    public void A_profile_with_a_column_twice_is_an_error()
    {
        var path = _folder.Write("dense.csv", "layer,tokens,time_us,tokens\nembedding,1,2,3\n");
        var error = Assert.Throws<UserErrorException>(() =>
            ProfileTable.Read(path, ["layer", "tokens", "time_us"], line => line.Count(1))
        );
        Assert.Equal($"{path}:1: tokens: the header has this column 2 times; allowed: once", error.Message);
    }

    private static void ReadNumbers(string path)
    {
        using var file = CsvFile.Open(path);
        while (file.MoveNext())
        {
            for (var i = 0; i < file.Columns.Count; i++)
            {
                _ = file.Number(i);
            }
        }
    }
}
