namespace LlmSim.Performance.Kernels;

/// <content>Seconds of single operations.</content>
internal sealed partial class KernelModel
{
    private double PromptAttentionSeconds(double requests, double queries, double keys, double pairs)
    {
        return _model.LatentAttention is null
            ? _kernels.PromptAttentionSeconds(
                _promptAttention,
                new(requests, queries, keys, pairs, _heads, _kvHeads, _model.HeadSize, _kvBytes)
            )
            : LatentSeconds(_promptAttention, requests, queries, keys, pairs, isDecode: false);
    }

    private double DecodeAttentionSeconds(KernelGrid grid, int requests, int context)
    {
        return _kernels.DecodeAttentionSeconds(
            grid,
            new(requests, context, _heads, _kvHeads, _model.HeadSize, _kvBytes)
        );
    }

    private double LatentDecodeSeconds(KernelGrid grid, int requests, int context)
    {
        var keys = (double)requests * context;
        return LatentSeconds(grid, requests, requests, keys, keys, isDecode: true);
    }

    private double LatentSeconds(
        KernelGrid grid,
        double requests,
        double queries,
        double keys,
        double pairs,
        bool isDecode
    )
    {
        return _kernels.LatentAttentionSeconds(
            grid,
            KernelFormat.Of(_precision.Projections),
            new(
                _model.LatentAttention!,
                _model.HiddenSize,
                _heads,
                requests,
                queries,
                keys,
                pairs,
                _kvBytes,
                isDecode
            )
        );
    }

    private double ComputeProjectionSeconds(int tokens) =>
        _kernels.Roofs.LatentAttentionSeconds(
            KernelFormat.Of(_precision.Projections),
            new(
                _model.LatentAttention!,
                _model.HiddenSize,
                _heads,
                tokens,
                tokens,
                0,
                0,
                _kvBytes,
                IsDecode: true
            )
        );

    /// <summary>Seconds of what depends on the tokens of an iteration alone.</summary>
    private double ComputeTokenSeconds(int tokens)
    {
        var seconds = _model.Layers * _elementwise.LayerSeconds(tokens);
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

        var groupTokens = tokens * GroupSize;
        return _model.ExpertLayers
            * (_experts.Seconds(groupTokens) + (_communication?.ExpertExchangeSeconds(tokens) ?? 0));
    }

    private double AllReduceSeconds(int tokens)
    {
        if (_instance.TpSize == 1 || _communication is null)
        {
            return 0;
        }

        var bytes = tokens * _model.HiddenSize * _precision.HiddenState.BytesPerValue;
        return _communication.AllReduces
            * _kernels.AllReduceSeconds(_instance, bytes, _communication.AllReduceSeconds(tokens));
    }
}
