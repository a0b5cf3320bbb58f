namespace LlmSim.Workloads.Traces;

/// <summary>
/// Azure's LLM inference traces of 2023 and 2024 (github.com/Azure/AzurePublicDataset): dates, in 2023 with seven digits of a
/// second and no offset, in 2024 with six and one.
/// </summary>
internal static class AzureFormat
{
    public static TraceFormat Format { get; } =
        new("azure", "Azure's CSV of 2023 and 2024: TIMESTAMP (a date), ContextTokens, GeneratedTokens")
        {
            Arrival = ["TIMESTAMP"],
            Input = ["ContextTokens"],
            Output = ["GeneratedTokens"],
        };
}
