namespace LlmSim.Performance.Catalog;

/// <summary>The calibration of an accelerator as the fields of a JSON object.</summary>
internal static class CalibrationFields
{
    private const string Compute = "compute";
    private const string Memory = "memory";
    private const string FixedSeconds = "fixed_seconds";
    private const string KeySeconds = "key_seconds";
    private const string Link = "link";
    private const string Iteration = "iteration_seconds";
    private const string Request = "request_seconds";
    private const string Source = "source";

    /// <summary>No share of a roof is smaller in earnest.</summary>
    private static readonly FigureRange s_share = new(1e-3, 1);

    private static readonly string[] s_efficiency = [Compute, Memory, FixedSeconds, KeySeconds];

    /// <summary>Reads a calibration; classes that are absent keep the roofs.</summary>
    /// <exception cref="UserErrorException">A field is missing, unknown or out of its range.</exception>
    public static Calibration Parse(JsonFields fields)
    {
        fields.RequireOnly([
            .. CalibrationClass.All.Select(one => one.Name),
            Link,
            Iteration,
            Request,
            Source,
        ]);
        var calibration = new Calibration
        {
            Link = fields.NumberOrNull(Link, s_share),
            IterationSeconds = fields.Number(Iteration, EngineOverheads.Range),
            RequestSeconds = fields.Number(Request, EngineOverheads.Range),
            Source = fields.Text(Source),
        };
        foreach (var one in CalibrationClass.All.Where(one => fields.Has(one.Name)))
        {
            calibration = one.With(calibration, Efficiency(fields.Object(one.Name)));
        }

        return calibration;
    }

    private static OperationEfficiency Efficiency(JsonFields fields)
    {
        fields.RequireOnly(s_efficiency);
        return new(
            fields.Number(Compute, s_share),
            fields.Number(Memory, s_share),
            fields.Number(FixedSeconds, EngineOverheads.Range),
            fields.NumberOrNull(KeySeconds, EngineOverheads.Range) ?? 0
        );
    }
}
