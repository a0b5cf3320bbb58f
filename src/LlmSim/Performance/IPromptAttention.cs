namespace LlmSim.Performance;

/// <summary>A model that knows what the attention of a layer takes in its iterations.</summary>
internal interface IPromptAttention
{
    /// <summary>Seconds of the attention of prompts in one layer.</summary>
    /// <param name="group">Which of the model's groups of layers.</param>
    /// <param name="prompts">Chunks of prompts alone.</param>
    double LayerSeconds(int group, in IterationBatch prompts);
}
