namespace LlmSim;

/// <summary>Whether the engines of a cluster have the adapters that its requests ask for.</summary>
/// <param name="scenario">The cluster.</param>
internal sealed class AdapterCheck(Scenario scenario)
{
    private readonly HashSet<(string? Model, string Adapter)> _known = [];

    /// <summary>Every instance of the request's model has to have its adapter.</summary>
    /// <exception cref="UserErrorException">One has not.</exception>
    public void Require(Request request)
    {
        if (request.Adapter is not { } adapter || !_known.Add((request.Model, adapter)))
        {
            return;
        }

        foreach (var instance in scenario.Instances)
        {
            if (instance.Model != request.Model)
            {
                continue;
            }

            if (instance.Engine?.Lora is not { } lora)
            {
                throw new UserErrorException(
                    $"adapter: request {request.Id} asks for '{adapter}', and an instance of its model has no lora; allowed: lora in the engine of every one, or requests without adapters"
                );
            }

            if (lora.RankOf(adapter) is null)
            {
                throw new UserErrorException(
                    $"adapter: request {request.Id} asks for '{adapter}'; allowed: {string.Join(", ", lora.Adapters!.Keys)}.{Suggestion.For(adapter, [.. lora.Adapters.Keys])}"
                );
            }
        }
    }
}
