using LlmSim.Kernel;

namespace LlmSim.Clients;

/// <summary>What clients do about requests that are not answered: they give up, and send them again.</summary>
internal sealed class Persistence
{
    private readonly ClientBehavior _behavior;
    private readonly long _seed;
    private readonly RequestPool _requests;
    private readonly Simulation _simulation;
    private readonly Action<Request, string> _onOutOfPatience;
    private readonly Action<Request> _send;
    private readonly Alarms<Wait> _waits;
    private readonly Alarms<Retry> _retries;

    /// <summary>Requests that have not ended.</summary>
    private long _open;

    /// <summary>The clients of a run.</summary>
    /// <param name="behavior">What they do.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="requests">Makes the requests of further attempts.</param>
    /// <param name="simulation">The clock.</param>
    /// <param name="onOutOfPatience">A client gives an attempt up, and why.</param>
    /// <param name="send">Sends a request.</param>
    public Persistence(
        ClientBehavior behavior,
        long seed,
        RequestPool requests,
        Simulation simulation,
        Action<Request, string> onOutOfPatience,
        Action<Request> send
    )
    {
        _behavior = behavior;
        _seed = seed;
        _requests = requests;
        _simulation = simulation;
        _onOutOfPatience = onOutOfPatience;
        _send = send;
        _waits = new Alarms<Wait>(simulation, EventRanks.Disturbance, "clients that wait", GiveUp);
        _retries = new Alarms<Retry>(simulation, EventRanks.Arrival, "clients that try again", SendAgain);
    }

    /// <summary>An attempt has been sent.</summary>
    public void Watch(Call call)
    {
        _open += call.Attempts == 1 ? 1 : 0;
        var random = Random("patience", call);
        WaitFor(call, _behavior.TtftPatience, random, isForFirst: true);
        WaitFor(call, _behavior.TotalPatience, random, isForFirst: false);
    }

    /// <summary>A request has ended.</summary>
    public void Forget(Request request)
    {
        if (request.Call is { } call)
        {
            call.Attempt = null;
            _open--;
        }

        if (_open == 0)
        {
            // Otherwise the clock would go on to the times of those who wait for nothing any more.
            _waits.Clear();
        }
    }

    /// <summary>Plans another attempt, if the client makes one.</summary>
    public bool TryAgain(Call call)
    {
        if (call.Attempts > _behavior.MaxRetries)
        {
            return false;
        }

        var wait = Math.Min(
            _behavior.MaxBackoffSeconds,
            _behavior.BackoffSeconds * Math.Pow(_behavior.BackoffFactor, call.Attempts - 1)
        );
        var jitter = 1 - (_behavior.BackoffJitter * Random("backoff", call).NextDouble());
        _retries.Set(_simulation.Now + SimTime.FromSeconds(wait * jitter), new Retry(call));
        return true;
    }

    /// <summary>What a client draws does not depend on what others do.</summary>
    private RandomStream Random(string what, Call call) =>
        new(_seed, FormattableString.Invariant($"{what}:{call.Spec.Id}:{call.Attempts}"));

    private void WaitFor(Call call, Durations? patience, RandomStream random, bool isForFirst)
    {
        if (patience is not null)
        {
            _waits.Set(_simulation.Now + patience.Next(random), new Wait(call, call.Attempts, isForFirst));
        }
    }

    private void GiveUp(Wait wait)
    {
        var isOver = wait.Call.Attempts != wait.Attempt || wait.Call.Attempt is null;
        if (!isOver && !(wait.IsForFirst && wait.Call.Attempt!.HasFirstToken))
        {
            _onOutOfPatience(
                wait.Call.Attempt!,
                wait.IsForFirst
                    ? "no first token within the client's patience"
                    : "no answer within the client's patience"
            );
        }
    }

    private void SendAgain(Retry retry) => _send(_requests.TakeAgain(retry.Call, _simulation.Now));

    private readonly record struct Wait(Call Call, int Attempt, bool IsForFirst);

    private readonly record struct Retry(Call Call);
}
