using System.Text;
using System.Text.Json;
using LlmSim.Performance;

namespace LlmSim.Experiments.Performance;

/// <summary>A calibration as the block of that name in a hardware file of the catalog.</summary>
internal static class CalibrationJson
{
    /// <summary>A JSON object, with a line feed at its end.</summary>
    public static string Text(Calibration calibration)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n" };
        using (var json = new Utf8JsonWriter(stream, options))
        {
            json.WriteStartObject();
            foreach (
                var one in CalibrationClass.All.Where(one =>
                    one.Get(calibration) != OperationEfficiency.Ideal
                )
            )
            {
                var efficiency = one.Get(calibration);
                json.WriteStartObject(one.Name);
                json.WriteNumber("compute", efficiency.Compute);
                json.WriteNumber("memory", efficiency.Memory);
                json.WriteNumber("fixed_seconds", efficiency.FixedSeconds);
                if (efficiency.KeySeconds > 0)
                {
                    json.WriteNumber("key_seconds", efficiency.KeySeconds);
                }

                json.WriteEndObject();
            }

            if (calibration.Link is { } link)
            {
                json.WriteNumber("link", link);
            }

            json.WriteNumber("iteration_seconds", calibration.IterationSeconds);
            json.WriteNumber("request_seconds", calibration.RequestSeconds);
            json.WriteString("source", calibration.Source);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
