using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;

namespace LlmSim.Performance.Kernels;

/// <summary>
/// The compact form of a kernel set: a compressed stream of a JSON header and, grid by grid, the logarithms of the ratios in steps of a
/// thousandth.
/// </summary>
internal static class KernelSetFile
{
    /// <summary>Extension of such a file.</summary>
    public const string Extension = ".kernels";

    private const string Magic = "llmsim kernels 1";
    private const double StepsPerUnit = 1000;
    private const short Missing = short.MinValue;
    private const int LargestHeaderBytes = 1 << 24;

    /// <summary>Points of a grid: the largest that was measured has a hundred times fewer.</summary>
    private const int MostPoints = 1 << 24;

    private static readonly JsonSerializerOptions s_json = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Writes a set.</summary>
    public static void Write(Stream stream, KernelSet kernels)
    {
        var header = new Header(
            Magic,
            kernels.Source,
            kernels.Roofs,
            [
                .. kernels.Grids.Select(grid => new GridHeader(
                    grid.Key,
                    grid.Value.Axes,
                    kernels.ExpertShapes.GetValueOrDefault(grid.Key)
                )),
            ]
        );
        using var compressed = new BrotliStream(stream, CompressionLevel.SmallestSize, leaveOpen: true);
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        compressed.Write(length);
        compressed.Write(json);
        foreach (var grid in kernels.Grids.Values)
        {
            compressed.Write(Encode([.. grid.MeasuredLogRatios]));
        }
    }

    /// <summary>Reads a set.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="UserErrorException">It is no such file, or damaged.</exception>
    public static KernelSet Read(Stream stream, string name)
    {
        try
        {
            using var compressed = new BrotliStream(stream, CompressionMode.Decompress, leaveOpen: true);
            var header = ReadHeader(compressed);
            var grids = new SortedDictionary<string, KernelGrid>(StringComparer.Ordinal);
            var shapes = new Dictionary<string, ExpertShape[]>();
            foreach (var grid in header.Grids)
            {
                RequireWellFormed(grid);
                var bytes = new byte[sizeof(short) * (int)Points(grid.Axes)];
                compressed.ReadExactly(bytes);
                var logRatios = Decode(bytes);
                if (Array.TrueForAll(logRatios, float.IsNaN))
                {
                    throw new InvalidDataException($"its grid '{grid.Name}' has no measurement");
                }

                grids.Add(grid.Name, new(grid.Axes, logRatios));
                if (grid.ExpertShapes is { } known)
                {
                    shapes.Add(grid.Name, known);
                }
            }

            return new(header.Source, header.Roofs, grids, shapes);
        }
        catch (Exception e)
            when (e
                    is InvalidDataException
                        or EndOfStreamException
                        or JsonException
                        or OverflowException
                        or ArgumentException
                        or InvalidOperationException
            )
        {
            throw new UserErrorException(
                $"{name}: not a whole file of kernels, which 'llmsim kernels import' writes: {e.Message}",
                e
            );
        }
    }

    private static Header ReadHeader(Stream stream)
    {
        var length = new byte[sizeof(int)];
        stream.ReadExactly(length);
        var size = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (size is <= 0 or > LargestHeaderBytes)
        {
            throw new InvalidDataException($"its header has {size} bytes");
        }

        var json = new byte[size];
        stream.ReadExactly(json);
        var header = JsonSerializer.Deserialize<Header>(json, s_json);
        if (header?.Format != Magic)
        {
            throw new InvalidDataException($"its format is '{header?.Format}'; known is '{Magic}'");
        }

        var roofs = header.Roofs;
        double[] rates =
        [
            roofs.Ops16PerSecond,
            roofs.Ops8PerSecond,
            roofs.Ops4PerSecond,
            roofs.MemoryBytesPerSecond,
        ];
        return Array.TrueForAll(rates, rate => rate > 0 && double.IsFinite(rate))
            ? header
            : throw new InvalidDataException("a rate of its accelerator is not a number above 0");
    }

    /// <summary>Whether a grid is one that a lookup understands.</summary>
    private static void RequireWellFormed(GridHeader? grid)
    {
        if (
            grid is null
            || KernelSet.Rank(grid.Name) is not { } rank
            || grid.Axes.Length != rank
            || !Array.TrueForAll(grid.Axes, IsAscending)
            || Points(grid.Axes) > MostPoints
            || (KernelSet.IsOfExperts(grid.Name) && !HasShapes(grid.Axes[0], grid.ExpertShapes ?? []))
        )
        {
            throw new InvalidDataException($"its grid '{grid?.Name}' is not one that can be looked up");
        }

        static bool IsAscending(int[]? axis)
        {
            return axis is [>= 1, ..] && axis.Zip(axis.Skip(1)).All(step => step.First < step.Second);
        }

        static bool IsPositive(ExpertShape shape)
        {
            int[] sides =
            [
                shape.Hidden,
                shape.Intermediate,
                shape.Chosen,
                shape.Experts,
                shape.TensorRanks,
                shape.ExpertRanks,
            ];
            return Array.TrueForAll(sides, side => side > 0);
        }

        static bool HasShapes(int[] numbers, ExpertShape[] shapes)
        {
            return numbers[^1] <= shapes.Length && Array.TrueForAll(shapes, IsPositive);
        }
    }

    private static double Points(int[][] axes) => axes.Aggregate(1.0, (points, axis) => points * axis.Length);

    private static byte[] Encode(float[] logRatios)
    {
        var bytes = new byte[logRatios.Length * sizeof(short)];
        for (var i = 0; i < logRatios.Length; i++)
        {
            var steps = float.IsNaN(logRatios[i])
                ? Missing
                : (short)
                    Math.Clamp(Math.Round(logRatios[i] * StepsPerUnit), short.MinValue + 1, short.MaxValue);
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(i * sizeof(short)), steps);
        }

        return bytes;
    }

    private static float[] Decode(byte[] bytes)
    {
        var logRatios = new float[bytes.Length / sizeof(short)];
        for (var i = 0; i < logRatios.Length; i++)
        {
            var steps = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(i * sizeof(short)));
            logRatios[i] = steps == Missing ? float.NaN : (float)(steps / StepsPerUnit);
        }

        return logRatios;
    }

    private sealed record Header(string Format, KernelSource Source, KernelRoofs Roofs, GridHeader[] Grids);

    private sealed record GridHeader(string Name, int[][] Axes, ExpertShape[]? ExpertShapes);
}
