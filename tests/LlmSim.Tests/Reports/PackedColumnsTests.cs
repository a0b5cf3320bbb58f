using System.IO.Compression;
using LlmSim.Experiments.Reports;
using Xunit;

namespace LlmSim.Tests.Reports;

/// <summary>Numbers in a page are read back as its script does, within what their unit or their 32 bits allow.</summary>
public sealed class PackedColumnsTests
{
    [Fact]
    public void Columns_are_read_back()
    {
        double[] floats = [0, 1.5, -3.25e-7, double.NaN, 12345678];
        double[] times = [0.001, 0.25, 0.25, 86_400.5];
        double[] steps = [0.5, double.NaN, 2];
        var columns = new PackedColumns();
        var a = columns.Add(floats);
        var b = columns.Add(times, unit: 1e-4, areAscending: true);
        var c = columns.Add(steps, unit: 1e-3, areAscending: false);
        var bytes = Bytes(columns);

        Assert.Equal(a, columns.Add(floats));
        Assert.All(Read(bytes, a).Zip(floats), pair => Assert.Equal((float)pair.Second, (float)pair.First));
        Assert.All(Read(bytes, b).Zip(times), pair => Assert.InRange(pair.First - pair.Second, -6e-5, 6e-5));
        Assert.Equal(steps, Read(bytes, c));
    }

    [Fact]
    public void A_thinned_distribution_keeps_its_ends_and_its_tail()
    {
        var curve = CumulativeCurve.Of("x", Enumerable.Range(1, 100_000).Select(i => (double)i));

        Assert.InRange(curve.X.Count, 100, 1_000);
        Assert.Equal((1, 0), (curve.X[0], curve.Y[0]));
        Assert.Equal((100_000, 100), (curve.X[^1], curve.Y[^1]));
        Assert.Equal(99_999, curve.X[^2]);
        Assert.All(curve.X.Zip(curve.Y).Skip(1), point => Assert.Equal(point.First / 1000, point.Second, 9));
    }

    private static byte[] Bytes(PackedColumns columns)
    {
        using var gzip = new GZipStream(
            new MemoryStream(Convert.FromBase64String(columns.ToBase64())),
            CompressionMode.Decompress
        );
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    private static double[] Read(byte[] bytes, PackedColumn column)
    {
        var values = new double[column.Count];
        var sum = 0L;
        for (var i = 0; i < column.Count; i++)
        {
            var bits = 0;
            for (var plane = 0; plane < 4; plane++)
            {
                bits |= bytes[column.Offset + (plane * column.Count) + i] << (8 * plane);
            }

            sum = column.IsDifferences ? sum + bits : bits;
            values[i] =
                column.Unit == 0 ? BitConverter.Int32BitsToSingle(bits)
                : bits == int.MinValue ? double.NaN
                : sum * column.Unit;
        }

        return values;
    }
}
