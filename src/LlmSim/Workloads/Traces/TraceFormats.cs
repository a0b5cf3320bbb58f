namespace LlmSim.Workloads.Traces;

/// <summary>The table of all formats, and how one is found.</summary>
internal static class TraceFormats
{
    public static IReadOnlyList<TraceFormat> All { get; } =
    [
        MooncakeFormat.Format,
        BailianFormat.Format,
        AzureFormat.Format,
        BurstGptFormat.Format,
        VidurFormat.Format,
        SplitwiseFormat.Format,
        LlmServingSimFormat.Format,
        AiperfFormat.Format,
        VllmBenchFormat.Format,
        GuideLlmFormat.Format,
        ShareGptFormat.Format,
        OpenAiFormat.Format,
        JsonlSessions.Format,
        OtelRows.Otlp,
        OtelRows.Printed,
        LlmSimFormat.Format,
    ];

    /// <summary>What is read by the names of <c>columns</c> alone.</summary>
    public static TraceFormat Columns { get; } = new("columns", "any table, by the names of its columns");

    /// <summary>The format that most of some names belong to; null when none of them is known.</summary>
    public static TraceFormat? Find(FieldNames names, bool isJson) =>
        All.Where(format => isJson || format.Rows is null)
            .Select(format => (Format: format, Score: format.Score(names)))
            .Where(scored => scored.Score > 0)
            .OrderByDescending(scored => scored.Score) // Stable: of equal ones, the first in the table.
            .Select(scored => scored.Format)
            .FirstOrDefault();
}
