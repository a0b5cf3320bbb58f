namespace LlmSim.Clients;

/// <summary>Sends requests and is told when each has ended.</summary>
internal interface IClient : IDisposable
{
    /// <summary>Sends, or plans to send, the first requests.</summary>
    void Start();

    /// <summary>A request of this client has ended.</summary>
    /// <param name="request">The request, of which it forgets everything.</param>
    /// <param name="isServed">Whether it has all its tokens; else the cluster did not take it, or the client gave up.</param>
    void OnEnded(Request request, bool isServed);

    /// <summary>Whether it will send more, or may.</summary>
    bool HasMore { get; }
}
