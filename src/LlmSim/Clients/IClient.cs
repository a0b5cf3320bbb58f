namespace LlmSim.Clients;

/// <summary>Sends requests and is told when each has ended.</summary>
internal interface IClient : IDisposable
{
    /// <summary>Sends, or plans to send, the first requests.</summary>
    void Start();

    /// <summary>A request of this client has ended: it has all its tokens, or was rejected.</summary>
    void OnEnded();
}
