using System.Globalization;

namespace LlmSim.Workloads;

/// <summary>Makes a request of one line of a trace.</summary>
internal interface ITraceParser
{
    internal static readonly string AllowedLength = string.Create(
        CultureInfo.InvariantCulture,
        $"an integer from 1 to {int.MaxValue}"
    );

    /// <summary>The request on the reader's current line, its id left to the caller.</summary>
    RequestSpec Parse(LineReader lines);
}
