namespace LlmSim.Performance.Kernels;

/// <content>Seconds of single operations.</content>
internal sealed partial class KernelModel
{
    /// <summary>
    /// Up to so many tokens engines run the shared experts in a stream beside the routed ones, or as one more of them: what they take then is
    /// the memory and the arithmetic, and no launch. vLLM's VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD; SGLang and TensorRT-LLM do it in all their graphs.
    /// </summary>
    private const int MostTokensBeside = 256;

    /// <summary>Seconds of what depends on the tokens of an iteration alone.</summary>
    private double ComputeTokenSeconds(int tokens)
    {
        var seconds = _elementwise.Seconds(tokens);
        foreach (var product in _products.OfLayers)
        {
            seconds += product.Runs * GemmSeconds(product, tokens);
        }

        return seconds + ExpertSeconds(tokens) + AllReduceSeconds(tokens);
    }

    private double GemmSeconds(in LayerProducts.Product product, double tokens)
    {
        return _kernels.GemmSeconds(product.Format, tokens, product.Outputs, product.Inputs);
    }

    /// <summary>An iteration has the tokens of one instance; where experts are divided over several, those of all come.</summary>
    private double ExpertSeconds(int tokens)
    {
        if (_experts is null)
        {
            return 0;
        }

        var routed =
            RoutedSeconds(_experts, tokens * GroupSize)
            + (_communication?.ExpertExchangeSeconds(tokens) ?? 0);
        var (shared, roof) = (0.0, 0.0);
        foreach (var product in _products.OfSharedExperts)
        {
            shared += GemmSeconds(product, tokens);
            roof += _kernels.Roofs.GemmSeconds(product.Format, tokens, product.Outputs, product.Inputs);
        }

        return _model.ExpertLayers
            * (tokens <= MostTokensBeside ? Math.Max(routed + roof, shared) : routed + shared);
    }

    private double RoutedSeconds(ExpertTimes experts, double tokens) =>
        _load is null
            ? experts.Seconds(tokens)
            : experts.Seconds(tokens, _loadOfTables!.At(tokens), _load.At(tokens));

    private double AllReduceSeconds(int tokens)
    {
        if (_instance.TpSize == 1 || _communication is null)
        {
            return 0;
        }

        var bytes = (double)tokens * _model.HiddenSize * _precision.HiddenState.BytesPerValue;
        return _communication.AllReduces
            * _kernels.AllReduceSeconds(_instance, bytes, _communication.AllReduceSeconds(tokens));
    }
}
