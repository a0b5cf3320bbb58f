using LlmSim.Performance;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class RooflineGoldenTests
{
    [Fact]
    public void A_sample_of_the_recorded_prefill_times_is_reproduced() =>
        ComparePrefill(RooflineGolden.Sample("roofline_prefill.csv"));

    [Fact]
    public void All_recorded_prefill_times_are_reproduced() =>
        ComparePrefill(RooflineGolden.All("roofline_prefill.csv"));

    [Fact]
    public void A_sample_of_the_recorded_decode_times_is_reproduced() =>
        CompareDecode(RooflineGolden.Sample("roofline_decode.csv"));

    [Fact]
    public void All_recorded_decode_times_are_reproduced() =>
        CompareDecode(RooflineGolden.All("roofline_decode.csv"));

    [Fact]
    public void A_sample_of_the_recorded_operations_is_reproduced() =>
        CompareOperations(RooflineGolden.Sample("roofline_layers.csv"));

    [Fact]
    public void All_recorded_operations_are_reproduced() =>
        CompareOperations(RooflineGolden.All("roofline_layers.csv"));

    private static void ComparePrefill(IReadOnlyList<RooflineGolden> rows)
    {
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            Near(row, row.Number("prefill_time_s"), row.Model().PrefillSeconds(row.Int("seqlen")));
        }
    }

    private static void CompareDecode(IReadOnlyList<RooflineGolden> rows)
    {
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            Near(row, row.Number("decode_iteration_time_s"), row.Model().DecodeSeconds(row.DecodeBatch));
        }
    }

    private static void CompareOperations(IReadOnlyList<RooflineGolden> rows)
    {
        var tables = rows.GroupBy(row => string.Join(',', row.Cells[..10])).ToList();
        Assert.NotEmpty(tables);
        foreach (var expected in tables)
        {
            var first = expected.First();
            var table =
                first["stage"] == "prefill"
                    ? first.Model().PrefillTable(first.Int("batch_size"), first.Int("seqlen"))
                    : first.Model().DecodeTable(first.DecodeBatch);
            var operations = expected.Where(row => row.Int("order") >= 0).ToList();
            Assert.Equal(
                operations.Select(row => row["layer"]),
                table.Operations.Select(operation => operation.Name)
            );
            foreach (var (row, operation) in operations.Zip(table.Operations))
            {
                CompareOperation(row, operation);
            }

            foreach (var row in expected.Where(row => row.Int("order") < 0))
            {
                Near(row, row.Number("inference_time"), Total(table, row["layer"]));
            }
        }
    }

    private static void CompareOperation(RooflineGolden row, OperationCost operation)
    {
        Near(row, row.Number("ops"), operation.Ops);
        Near(row, row.Number("load_weight"), operation.WeightBytes);
        Near(row, row.Number("load_act"), operation.ActivationInBytes);
        Near(row, row.Number("store_act"), operation.ActivationOutBytes);
        Near(row, row.Number("load_kv_cache"), operation.KvInBytes);
        Near(row, row.Number("store_kv_cache"), operation.KvOutBytes);
        Near(row, row.Number("memory_access"), operation.MemoryAccessBytes);
        Near(row, row.Number("arithmetic_intensity"), operation.ArithmeticIntensity);
        Near(row, row.Number("performance"), operation.AttainableOpsPerSecond);
        Near(row, row.Number("inference_time"), operation.Seconds);
        Assert.Equal(
            row["bound"] == "compute" ? OperationBound.Compute : OperationBound.Memory,
            operation.Bound
        );
    }

    private static double Total(RooflineTable table, string name) =>
        name switch
        {
            "TOTAL:ops" => table.Ops,
            "TOTAL:memory_access" => table.MemoryAccessBytes,
            "TOTAL:load_weight" => table.WeightBytes,
            "TOTAL:load_act" => table.ActivationInBytes,
            "TOTAL:store_act" => table.ActivationOutBytes,
            "TOTAL:load_kv_cache" => table.KvInBytes,
            "TOTAL:store_kv_cache" => table.KvOutBytes,
            "TOTAL:inference_time" => table.Seconds,
            "TOTAL:memory_consumption" => table.Memory.Bytes,
            "TOTAL:memory_consumption_tmp_act" => table.Memory.TemporaryActivationBytes,
            "TOTAL:memory_consumption_weight" => table.Memory.WeightBytes,
            "TOTAL:memory_consumption_kv_cache" => table.Memory.KvCacheBytes,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown total"),
        };

    private static void Near(RooflineGolden row, double expected, double actual) =>
        Assert.True(
            Math.Abs(actual - expected) <= 1e-9 * Math.Abs(expected),
            $"{actual:R} instead of {expected:R} in {string.Join(',', row.Cells)}"
        );
}
