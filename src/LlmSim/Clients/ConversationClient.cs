using LlmSim.Kernel;

namespace LlmSim.Clients;

/// <summary>
/// Sends the later turns of conversations when those have ended that they wait for. A conversation ends when no turn is under way: without an
/// answer nothing follows.
/// </summary>
/// <param name="requests">Makes requests.</param>
/// <param name="knowsContent">Whether the content of prompts matters.</param>
/// <param name="simulation">The clock.</param>
/// <param name="send">Sends a request.</param>
internal sealed class ConversationClient(
    RequestPool requests,
    bool knowsContent,
    Simulation simulation,
    Action<Request> send
)
{
    private readonly List<int> _next = [];
    private Alarms<Sending>? _alarms;

    /// <summary>Sends the first turns, and requests that stand alone.</summary>
    public IClient? Others { get; set; }

    /// <summary>Turns that were never sent, because one that they waited for got no answer.</summary>
    public long TurnsNotSent { get; private set; }

    /// <summary>Conversations that have begun.</summary>
    public long Conversations { get; private set; }

    /// <summary>Those of which a turn got no answer.</summary>
    public long BrokenOff { get; private set; }

    /// <summary>Told of each conversation that is over, by the number of the request that began it.</summary>
    public Action<long>? OnOver { get; set; }

    /// <summary>Whether more will be sent, or may.</summary>
    public bool HasMore => Others!.HasMore || _alarms is { Count: > 0 };

    public override string ToString() => "clients";

    /// <summary>Sends what the others send.</summary>
    public void Send(Request request)
    {
        if (request.Call is { Spec.Conversation: { } conversation } call)
        {
            Conversations++;
            call.Conversation = new OpenConversation(conversation, call.Spec);
        }

        send(request);
    }

    /// <summary>A request has ended: those that wait for it can be sent, or its client hears of it.</summary>
    public void OnEnded(Request request, bool isServed)
    {
        if (request.Call is not { Conversation: { } open } call)
        {
            Others!.OnEnded(request, isServed);
            return;
        }

        _next.Clear();
        open.End(call.Turn, isServed, _next);
        BrokenOff += isServed ? 0 : 1;
        foreach (var turn in _next)
        {
            _alarms ??= new Alarms<Sending>(simulation, EventRanks.Arrival, "conversations", Continue);
            var delay = SimTime.FromSeconds(open.Conversation.Turns[turn].DelaySeconds);
            _alarms.Set(simulation.Now + delay, new Sending(open, turn));
        }

        if (open.IsOver)
        {
            TurnsNotSent += open.Conversation.Turns.Count - open.Begun;
            OnOver?.Invoke(open.First.Id);
            Others!.OnEnded(request, isServed);
        }
    }

    private void Continue(Sending next)
    {
        var (open, turn) = (next.Conversation, next.Turn);
        var spec = open.Conversation.Request(
            open.First.Id,
            turn,
            simulation.Now,
            open.First.Origin,
            open.First.Traits
        );
        var request = requests.TakeTurn(
            knowsContent ? spec.WithContent(open.Conversation.Turns[turn]) : spec
        );
        request.Call!.Conversation = open;
        request.Call.Turn = turn;
        send(request);
    }

    private readonly record struct Sending(OpenConversation Conversation, int Turn);
}
