namespace LlmSim.Performance.Catalog;

/// <summary>What the reference simulator says of accelerators that the catalog has too.</summary>
internal static class ReferenceHardware
{
    private static readonly Lazy<Dictionary<string, JsonFields>> s_figures = new(() =>
        EmbeddedCatalog.Parse(
            "reference",
            "hardware",
            (stream, sourceName) => JsonFields.Read(stream, sourceName).Objects().ToDictionary()
        )
    );

    /// <summary>Names of the accelerators that the reference has.</summary>
    public static IEnumerable<string> Names => s_figures.Value.Keys;

    /// <summary>
    /// The instance with the figures that the semantics ask for. An accelerator that the reference does not have, or that
    /// somebody describes otherwise than the catalog, keeps its own; so does every link.
    /// </summary>
    public static InstanceSpec WithFigures(this InstanceSpec instance, Semantics semantics) =>
        semantics.HardwareFigures == HardwareFigures.Reference
            ? instance with
            {
                Hardware = Of(instance.Hardware),
            }
            : instance;

    private static HardwareDescription Of(HardwareDescription hardware) =>
        s_figures.Value.TryGetValue(hardware.Name, out var figures)
        && hardware == HardwareCatalog.BuiltIn.Get(hardware.Name)
            ? hardware with
            {
                MemoryBytesPerSecond = figures.Number("memory_bytes_per_second", FigureRanges.BytesPerSecond),
                Fp16OpsPerSecond = figures.Number("fp16_ops_per_second", FigureRanges.OpsPerSecond),
                Int8OpsPerSecond = figures.Number("int8_ops_per_second", FigureRanges.OpsPerSecond),
                Fp8OpsPerSecond = null,
                Fp4OpsPerSecond = null,
                OnChipBufferBytes = figures.Number("on_chip_buffer_bytes", FigureRanges.Bytes),
                MemoryBytes = figures.Whole("memory_bytes", FigureRanges.Bytes),
            }
            : hardware;
}
