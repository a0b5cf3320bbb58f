namespace LlmSim.Performance.Catalog;

/// <summary>Reads the description of an accelerator.</summary>
internal static class HardwareParser
{
    private const string Name = "name";
    private const string MemoryBandwidth = "memory_bytes_per_second";
    private const string Fp16 = "fp16_ops_per_second";
    private const string Int8 = "int8_ops_per_second";
    private const string Fp8 = "fp8_ops_per_second";
    private const string Fp4 = "fp4_ops_per_second";
    private const string Buffer = "on_chip_buffer_bytes";
    private const string Multiprocessors = "multiprocessors";
    private const string UndividedKeys = "undivided_keys_per_second";
    private const string Memory = "memory_bytes";
    private const string LinkBandwidth = "link_bytes_per_second";
    private const string LinkLatency = "link_latency_seconds";
    private const string GpusPerNode = "gpus_per_node";
    private const string NicBandwidth = "nic_bytes_per_second";
    private const string NicLatency = "nic_latency_seconds";
    private const string IdleWatts = "idle_watts";
    private const string TdpWatts = "tdp_watts";
    private const string Calibration = "calibration";
    private const string Source = "source";

    private static readonly string[] s_fields =
    [
        Name,
        MemoryBandwidth,
        Fp16,
        Int8,
        Fp8,
        Fp4,
        Buffer,
        Multiprocessors,
        UndividedKeys,
        Memory,
        LinkBandwidth,
        LinkLatency,
        GpusPerNode,
        NicBandwidth,
        NicLatency,
        IdleWatts,
        TdpWatts,
        Calibration,
        Source,
    ];

    /// <summary>Reads a JSON object with the fields of <see cref="HardwareDescription" />, in snake case; all but the
    /// calibration, the rates of floating point at 8 and 4 bits, what multiprocessors do, what is between nodes and the power are required.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="sourceName">What messages call it.</param>
    /// <exception cref="UserErrorException">A field is missing, unknown or out of its range.</exception>
    public static HardwareDescription Parse(Stream stream, string sourceName)
    {
        var fields = JsonFields.Read(stream, sourceName);
        fields.RequireOnly(s_fields);
        var hardware = new HardwareDescription
        {
            Name = fields.Text(Name),
            MemoryBytesPerSecond = fields.Number(MemoryBandwidth, FigureRanges.BytesPerSecond),
            Fp16OpsPerSecond = fields.Number(Fp16, FigureRanges.OpsPerSecond),
            Int8OpsPerSecond = fields.Number(Int8, FigureRanges.OpsPerSecond),
            Fp8OpsPerSecond = fields.NumberOrNull(Fp8, FigureRanges.OpsPerSecond),
            Fp4OpsPerSecond = fields.NumberOrNull(Fp4, FigureRanges.OpsPerSecond),
            OnChipBufferBytes = fields.Number(Buffer, FigureRanges.Bytes),
            Multiprocessors = (int?)fields.WholeOrNull(Multiprocessors, FigureRanges.Multiprocessors),
            UndividedKeysPerSecond = fields.NumberOrNull(UndividedKeys, FigureRanges.KeysPerSecond),
            MemoryBytes = fields.Whole(Memory, FigureRanges.Bytes),
            LinkBytesPerSecond = fields.Number(LinkBandwidth, FigureRanges.BytesPerSecond),
            LinkLatencySeconds = fields.Number(LinkLatency, FigureRanges.PositiveSeconds),
            IdleWatts = fields.NumberOrNull(IdleWatts, FigureRanges.Watts),
            TdpWatts = fields.NumberOrNull(TdpWatts, FigureRanges.Watts),
            Calibration = fields.Has(Calibration)
                ? CalibrationFields.Parse(fields.Object(Calibration))
                : null,
            Source = fields.Text(Source),
        };
        return hardware with
        {
            GpusPerNode =
                (int?)fields.WholeOrNull(GpusPerNode, FigureRanges.GpusPerNode) ?? hardware.GpusPerNode,
            NicBytesPerSecond =
                fields.NumberOrNull(NicBandwidth, FigureRanges.BytesPerSecond) ?? hardware.NicBytesPerSecond,
            NicLatencySeconds =
                fields.NumberOrNull(NicLatency, FigureRanges.PositiveSeconds) ?? hardware.NicLatencySeconds,
        };
    }
}
