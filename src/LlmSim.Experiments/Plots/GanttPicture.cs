using System.Globalization;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>A strip for each instance: when it prefilled, and how many requests it decoded.</summary>
internal static class GanttPicture
{
    private const int MaxStripsPerStage = StripPicture.MaxStrips / 2;

    /// <summary>The picture, or null when no request was served.</summary>
    public static Plot? Draw(IReadOnlyList<RequestPoint> requests)
    {
        var served = requests.Where(request => request.IsServed).ToArray();
        var prefill = Lines(
            served,
            request => request.PrefillInstance,
            request => (request.PrefillStartSeconds, request.PrefillFinishSeconds)
        );
        var decode = Lines(
            served,
            request => request.DecodeInstance,
            request => (request.FirstDecodeStartSeconds, request.FinishSeconds)
        );
        if (prefill.Count + decode.Count == 0)
        {
            return null;
        }

        // An instance with batching prefills several prompts at once.
        var (mostPrefilling, mostDecoding) = (Most(prefill), Most(decode));
        var prefilling =
            mostPrefilling > 1 ? $"requests prefilling, 0 to {Number(mostPrefilling)}" : "prefilling or not";
        return StripPicture.Draw(
            "Work of the instances over time",
            $"{prefilling}; requests decoding, 0 to {Number(mostDecoding)}",
            [
                .. Strips("prefill", prefill, Math.Max(1, mostPrefilling), color: 0),
                .. Strips("decode", decode, mostDecoding, color: 1),
            ]
        );
    }

    private static double Most(IReadOnlyList<(int Instance, StepLine Line)> lines) =>
        lines.SelectMany(line => line.Line.Values).DefaultIfEmpty().Max();

    private static string Number(double count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static IReadOnlyList<(int Instance, StepLine Line)> Lines(
        IEnumerable<RequestPoint> served,
        Func<RequestPoint, int> instance,
        Func<RequestPoint, (double, double)> interval
    ) =>
        [
            .. served
                .Where(request => instance(request) >= 0)
                .GroupBy(instance)
                .OrderBy(group => group.Key)
                .Select(group => (group.Key, StepLine.Count(group.Select(interval)))),
        ];

    /// <summary>The first ones, when there are too many; the last name then says so.</summary>
    private static IEnumerable<Strip> Strips(
        string stage,
        IReadOnlyList<(int Instance, StepLine Line)> lines,
        double fullValue,
        int color
    ) =>
        lines
            .Take(MaxStripsPerStage)
            .Select(
                (line, i) =>
                    new Strip(
                        string.Create(CultureInfo.InvariantCulture, $"{stage} {line.Instance}")
                            + (
                                i == MaxStripsPerStage - 1 && lines.Count > MaxStripsPerStage
                                    ? string.Create(CultureInfo.InvariantCulture, $"\n(of {lines.Count})")
                                    : ""
                            ),
                        line.Line,
                        fullValue,
                        color
                    )
            );
}
