using System.Globalization;
using LlmSim.Experiments.Plots;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <summary>The columns of a file of measured operations; every error names file and row.</summary>
internal sealed class KernelTable
{
    private const double MillisecondsPerSecond = 1e3;

    /// <summary>No operation takes that long.</summary>
    private const double LargestSeconds = 1e4;

    private readonly ResultTable _table;

    private KernelTable(ResultTable table) => _table = table;

    public static KernelTable Open(string path) => new(ResultTable.Open(path));

    public string[] Texts(string column) => _table.Texts(column)[0];

    /// <summary>The same, or empty texts where a table lacks the column.</summary>
    public string[] OptionalTexts(string column, int rows) =>
        _table.Has(column) ? Texts(column) : [.. Enumerable.Repeat("", rows)];

    /// <summary>Whole numbers from a least one on.</summary>
    public int[] Counts(string column, int least = 1)
    {
        var numbers = _table.Numbers(column)[0];
        var counts = new int[numbers.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] =
                numbers[i] >= least && numbers[i] <= int.MaxValue / 2 && Math.Floor(numbers[i]) == numbers[i]
                    ? (int)numbers[i]
                    : throw Error(i, column, Text(numbers[i]), $"whole numbers from {least} on");
        }

        return counts;
    }

    /// <summary>The latencies in seconds.</summary>
    public double[] Seconds() => Seconds("latency", MillisecondsPerSecond);

    /// <summary>Times in seconds.</summary>
    /// <param name="column">The column.</param>
    /// <param name="perSecond">How many of its units are a second.</param>
    /// <param name="isZeroMissing">Whether 0 says that nothing was measured, and stays 0.</param>
    public double[] Seconds(string column, double perSecond, bool isZeroMissing = false)
    {
        var numbers = _table.Numbers(column)[0];
        var largest = LargestSeconds * perSecond;
        for (var i = 0; i < numbers.Length; i++)
        {
            var isTime = numbers[i] > 0 && numbers[i] <= largest;
            numbers[i] =
                isTime || (isZeroMissing && numbers[i] == 0)
                    ? numbers[i] / perSecond
                    : throw Error(
                        i,
                        column,
                        Text(numbers[i]),
                        string.Create(CultureInfo.InvariantCulture, $"above 0 and up to {largest:g}")
                    );
        }

        return numbers;
    }

    /// <summary>The format of a row.</summary>
    public KernelFormat Format(string name, int row) =>
        KernelFormat.All.FirstOrDefault(format => format.Name == name)
        ?? throw Error(
            row,
            "format",
            name,
            string.Join(", ", KernelFormat.All.Select(format => format.Name))
        );

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private UserErrorException Error(int row, string column, string found, string allowed) =>
        new($"{_table.Path}: row {row + 1}: {column}: '{found}'; allowed: {allowed}");
}
