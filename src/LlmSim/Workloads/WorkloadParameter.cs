namespace LlmSim.Workloads;

/// <summary>Checks of the numbers that describe a workload, under the names that its author knows.</summary>
internal static class WorkloadParameter
{
    public const string PositiveNumber = "a finite number above 0";

    public static void Require(bool isAllowed, string name, double value, string allowed)
    {
        if (!isAllowed)
        {
            throw new UserErrorException(
                FormattableString.Invariant($"{name}: found {value}; allowed: {allowed}")
            );
        }
    }

    public static void RequirePositive(string name, double value) =>
        Require(value > 0 && double.IsFinite(value), name, value, PositiveNumber);

    public static void RequireMaxTokens(int maxTokens) =>
        Require(
            maxTokens is >= 1 and <= MaxTokensLimit,
            "max_len",
            maxTokens,
            "an integer from 1 to 10000000"
        );

    /// <summary>Ten times the longest contexts of 2025; Zipf's law takes 8 bytes of memory for each.</summary>
    public const int MaxTokensLimit = 10_000_000;
}
