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

    /// <summary>No share of a roof is that small in earnest.</summary>
    private const double SmallestShare = 1e-3;

    private const double LargestSeconds = 1;

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
            Link = fields.Has(Link) ? fields.Number(Link, SmallestShare, 1) : null,
            IterationSeconds = fields.Number(Iteration, 0, LargestSeconds),
            RequestSeconds = fields.Number(Request, 0, LargestSeconds),
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
            fields.Number(Compute, SmallestShare, 1),
            fields.Number(Memory, SmallestShare, 1),
            fields.Number(FixedSeconds, 0, LargestSeconds),
            fields.Has(KeySeconds) ? fields.Number(KeySeconds, 0, LargestSeconds) : 0
        );
    }
}
