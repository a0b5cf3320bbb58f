using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace LlmSim.Experiments.Reports;

/// <summary>Where a column of numbers lies in a page.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Count">How many numbers.</param>
/// <param name="Unit">What whole numbers are multiples of; 0 for floating-point ones.</param>
/// <param name="IsDifferences">Whether each is the difference to the one before.</param>
internal readonly record struct PackedColumn(int Offset, int Count, double Unit, bool IsDifferences);

/// <summary>
/// Columns of numbers as bytes: 32 bits each, first the lowest byte of all, then the next: equal bytes stand beside each other, which
/// compression makes little of.
/// </summary>
internal sealed class PackedColumns
{
    /// <summary>In a column of whole numbers.</summary>
    private const int Undefined = int.MinValue;

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Dictionary<object, PackedColumn> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds numbers with seven digits; a list that is there already is not added again.</summary>
    public PackedColumn Add(IReadOnlyList<double> values)
    {
        if (_known.TryGetValue(values, out var known))
        {
            return known;
        }

        var bits = new int[values.Count];
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = BitConverter.SingleToInt32Bits((float)values[i]);
        }

        return _known[values] = new(Append(bits), bits.Length, Unit: 0, IsDifferences: false);
    }

    /// <summary>Adds whole numbers.</summary>
    public PackedColumn Add(IReadOnlyList<int> values) =>
        new(Append([.. values]), values.Count, Unit: 1, IsDifferences: false);

    /// <summary>Adds numbers as the nearest multiples of a unit; they have fewer than two billions of it.</summary>
    /// <param name="values">The numbers; NaN stays NaN.</param>
    /// <param name="unit">The unit, above 0.</param>
    /// <param name="areAscending">Whether they ascend: differences are small then. None is NaN.</param>
    public PackedColumn Add(IReadOnlyList<double> values, double unit, bool areAscending)
    {
        var whole = new int[values.Count];
        long before = 0;
        for (var i = 0; i < whole.Length; i++)
        {
            if (double.IsNaN(values[i]))
            {
                whole[i] = Undefined;
                continue;
            }

            var multiple = (long)Math.Round(values[i] / unit);
            whole[i] = checked((int)(multiple - before));
            before = areAscending ? multiple : 0;
        }

        return new(Append(whole), whole.Length, unit, areAscending);
    }

    /// <summary>All of them, compressed, as a page holds them.</summary>
    public string ToBase64()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(_bytes.WrittenSpan);
        }

        return Convert.ToBase64String(compressed.GetBuffer(), 0, (int)compressed.Length);
    }

    private int Append(int[] values)
    {
        var offset = _bytes.WrittenCount;
        var planes = new byte[4 * values.Length];
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, values[i]);
            for (var plane = 0; plane < bytes.Length; plane++)
            {
                planes[(plane * values.Length) + i] = bytes[plane];
            }
        }

        _bytes.Write(planes);
        return offset;
    }
}
