namespace LlmSim.Performance;

/// <summary>A model that instances of a cluster serve. Instances and requests name it by its <see cref="Name" />.</summary>
/// <param name="Model">Its shapes.</param>
public sealed record ServedModel(ModelDescription Model)
{
    /// <summary>The name of its description.</summary>
    public string Name => Model.Id;

    /// <summary>The format of every operand; the model's own where it is not set.</summary>
    public Precision Precision
    {
        get => field ?? new PrecisionRequest().Resolve(Model);
        init;
    }
}
