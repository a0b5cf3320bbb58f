namespace LlmSim.Performance;

/// <summary>
/// The products of a model that have an adapter, as one accelerator of a tensor-parallel group sees them. As in vLLM by default, of the two factors of a product the one
/// at its divided side is divided, and the other one is whole on each accelerator.
/// </summary>
internal sealed class LoraProducts
{
    private readonly (double Input, double Output, int Launches, int Layers)[] _products;
    private readonly double _valueBytes;
    private readonly Roofs _roofs;
    private readonly LoraSpec _lora;

    /// <summary>The products of a model on an instance whose engine has adapters.</summary>
    /// <exception cref="UserErrorException">The model has products that no adapter is simulated for.</exception>
    public LoraProducts(ServedModel served, InstanceSpec instance, LoraSpec lora)
    {
        var (model, precision) = (served.Model, served.Precision);
        var hidden = new ProductFormat(precision.HiddenState, precision.HiddenState);
        if (lora.Targets == LoraTargets.AllLinear && model.MixtureOfExperts is not null)
        {
            throw new UserErrorException(
                $"target_modules: found all_linear with {model.Id}, which has experts; allowed: attention, since adapters of experts are not simulated"
            );
        }

        var operations = new LayerOperations(model, precision, instance);
        LayerPart[] parts =
        [
            .. operations.Projections,
            .. lora.Targets == LoraTargets.AllLinear ? operations.Mlps : [],
        ];
        _products =
        [
            .. parts.SelectMany(part =>
                part.Operations.Select(product =>
                    (product.Input, product.Output, product.Launches, part.Layers)
                )
            ),
        ];
        _valueBytes = precision.HiddenState.BytesPerValue;
        _roofs = new Roofs(
            ArithmeticRates.OpsPerSecond(instance.Hardware, hidden),
            instance.Hardware.MemoryBytesPerSecond,
            LaunchSeconds: lora.KernelSeconds
        );
        _lora = lora;
    }

    /// <summary>Bytes of an adapter of a rank on one accelerator, in the format of activations.</summary>
    public double Bytes(int rank) =>
        _products.Sum(product => product.Layers * rank * (product.Input + product.Output) * _valueBytes);

    /// <summary>
    /// Seconds that so many tokens with adapters take in an iteration: for each product a kernel into the rank and one out of it, whose result is added; products that an
    /// engine computes in one kernel share these. They are computed at the highest rank, whatever that of the adapter, and read the weights of every adapter.
    /// </summary>
    /// <param name="tokens">Tokens of requests with an adapter.</param>
    /// <param name="adapters">Different adapters of these.</param>
    public double Seconds(int tokens, int adapters)
    {
        double rank = _lora.MaxRank;
        var seconds = 0.0;
        foreach (var (input, output, launches, layers) in _products)
        {
            seconds +=
                layers
                * (
                    _roofs.Seconds(Kernel(input, rank, launches, outputs: 1))
                    + _roofs.Seconds(Kernel(rank, output, launches, outputs: 2))
                );
        }

        return seconds;

        OperationWork Kernel(double from, double to, int launches, int outputs) =>
            new(
                2.0 * tokens * from * to,
                adapters * from * to * _valueBytes,
                tokens * from * _valueBytes,
                outputs * tokens * to * _valueBytes,
                Launches: launches
            );
    }
}
