using System.Globalization;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;

namespace LlmSim.Tests.Performance;

/// <summary>A row of the recorded roofline tables: the reference simulator's figures.</summary>
internal sealed record RooflineGolden(string[] Header, string[] Cells)
{
    public string this[string column] => Cells[Array.IndexOf(Header, column)];

    public double Number(string column) => double.Parse(this[column], CultureInfo.InvariantCulture);

    public int Int(string column) => int.Parse(this[column], CultureInfo.InvariantCulture);

    public DecodeBatch DecodeBatch =>
        new(Int("batch_size"), (long)Int("batch_size") * Int("seqlen"), Int("seqlen"));

    public RooflineModel Model() =>
        new(
            ModelCatalog.BuiltIn.Get("unsloth/Llama-3.3-70B-Instruct"),
            new Precision(Int("w_bit"), Int("a_bit"), Int("kv_bit")),
            new InstanceSpec
            {
                Hardware = HardwareCatalog.BuiltIn.Get(this["hardware"]),
                TpSize = Int("tp_size"),
            },
            Semantics.Reference,
            fusedAttention: Int("flash_attention") == 1
        );

    /// <summary>The sample that travels with the tests.</summary>
    public static IReadOnlyList<RooflineGolden> Sample(string file)
    {
        using var stream = typeof(RooflineGolden).Assembly.GetManifestResourceStream(file)!;
        return Read(stream);
    }

    /// <summary>Every row, where the recordings are; otherwise the test is skipped.</summary>
    public static IReadOnlyList<RooflineGolden> All(string file)
    {
        using var stream = File.OpenRead(SharedFiles.Require($"golden/{file}"));
        return Read(stream);
    }

    private static List<RooflineGolden> Read(Stream stream)
    {
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var header = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => new RooflineGolden(header, line.Split(',')))];
    }
}
