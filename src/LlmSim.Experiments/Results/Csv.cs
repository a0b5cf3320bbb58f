using System.Globalization;
using System.Text;
using nietras.SeparatedValues;

namespace LlmSim.Experiments.Results;

/// <summary>The one dialect of CSV that results are written in: commas, quotes where needed, the invariant culture.</summary>
internal static class Csv
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>A writer that leaves the stream open.</summary>
    public static SepWriter Writer(Stream stream) =>
        Sep.New(',')
            .Writer(options => options with { Escape = true, CultureInfo = CultureInfo.InvariantCulture })
            .To(new StreamWriter(stream, s_utf8, leaveOpen: true) { NewLine = "\n" });
}
