namespace LlmSim.Instances;

/// <summary>Finds another place for what is on an instance that drains.</summary>
internal interface IRequestMover
{
    /// <summary>Sends the KV cache of a request that decodes, or waits to, to another instance; until it has arrived the instance holds it.</summary>
    /// <param name="request">Whose it is.</param>
    /// <param name="from">Where it is.</param>
    /// <returns>Whether it leaves; false where no other instance has room.</returns>
    bool TryMove(Request request, Instance from);

    /// <summary>A request that waited for its prefill has left the instance.</summary>
    void Reroute(Request request);
}
