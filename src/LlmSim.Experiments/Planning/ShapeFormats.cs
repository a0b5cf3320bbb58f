using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>Which formats a model and an accelerator can, where a question has several.</summary>
/// <param name="model">The model.</param>
/// <param name="precision">What is asked beside the format.</param>
internal sealed class ShapeFormats(ModelDescription model, PrecisionRequest precision)
{
    /// <summary>The shape, which knows why nothing of it can serve the model.</summary>
    public InstanceShape Checked(InstanceShape shape) =>
        shape.Setup.Precision is { } format
            ? shape with
            {
                Impossible = OfModel(format) ?? OfHardware(format, shape),
            }
            : shape;

    private string? OfModel(string format)
    {
        if (model.Quantization is null)
        {
            return null;
        }

        var own = (precision with { Format = PrecisionRequest.Auto }).Resolve(model);
        // Formats leave some layers as they were: the narrowest tell what was gained.
        var isWider = NarrowestBits(Resolve(format)) > NarrowestBits(own);
        return isWider
            ? $"precision {format} is wider than the weights in the model's own files, and gains nothing"
            : null;
    }

    private string? OfHardware(string format, InstanceShape shape)
    {
        var asked = Resolve(format);
        return shape.Hardware.FirstOrDefault(hardware => asked.On(hardware) != asked) is { } without
            ? $"{without.Name} has no arithmetic for precision {format}"
            : null;
    }

    private static int NarrowestBits(Precision precision) => precision.Layers.Min(layer => layer.Weight.Bits);

    private Precision Resolve(string format) => (precision with { Format = format }).Resolve(model);
}
