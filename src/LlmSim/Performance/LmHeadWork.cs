namespace LlmSim.Performance;

/// <summary>The projection to the vocabulary, of the last token of each request alone.</summary>
internal static class LmHeadWork
{
    /// <summary>A matrix product over the part of the vocabulary that one accelerator has.</summary>
    public static OperationWork Full(ModelDescription model, Precision precision, int tpSize, double requests)
    {
        double hidden = model.HiddenSize;
        var vocabulary = (double)model.VocabularySize / tpSize;
        return new(
            2 * requests * hidden * vocabulary,
            hidden * vocabulary * precision.LmHead.Weight.BytesPerValue,
            requests * hidden * precision.LmHead.Activation.BytesPerValue,
            requests * vocabulary * precision.HiddenState.BytesPerValue
        );
    }

    /// <summary>The reference's: one operation a weight, activations of one request, the whole vocabulary.</summary>
    public static OperationWork SingleOps(ModelDescription model, Precision precision, double requests)
    {
        double hidden = model.HiddenSize;
        double vocabulary = model.VocabularySize;
        return new(
            requests * hidden * vocabulary,
            hidden * vocabulary * precision.LmHead.Weight.BytesPerValue,
            hidden * precision.LmHead.Activation.BytesPerValue,
            vocabulary * precision.HiddenState.BytesPerValue
        );
    }
}
