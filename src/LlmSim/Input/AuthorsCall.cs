using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Input;

/// <summary>
/// The call into user code that a thread is making. Only another thread can notice that it never returns: it watches
/// <see cref="Sequence" />. A call costs a few nanoseconds; built-in code is called without it.
/// </summary>
internal sealed class AuthorsCall
{
    private static readonly Lock s_lock = new();
    private static readonly List<AuthorsCall> s_all = [];

    [ThreadStatic]
    private static AuthorsCall? t_own;

    private readonly Thread _thread = Thread.CurrentThread;
    private object _code = "";
    private string _question = "";
    private SimTime _now;
    private long _number;
    private long _sequence;

    /// <summary>Those of all threads that still run.</summary>
    public static IReadOnlyList<AuthorsCall> All
    {
        get
        {
            lock (s_lock)
            {
                s_all.RemoveAll(call => !call._thread.IsAlive);
                return [.. s_all];
            }
        }
    }

    /// <summary>That of the calling thread.</summary>
    public static AuthorsCall OfThisThread => t_own ?? Register();

    /// <summary>Odd while a call is running; it increases at each start and end.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Records a call until the result is disposed. A nested call counts as part of the outer one.</summary>
    /// <param name="code">A policy, or what messages call the code.</param>
    /// <param name="question">What is asked; {0} stands for the instant and {1} for the number.</param>
    /// <param name="now">The simulated clock.</param>
    /// <param name="number">Whom or what it is about.</param>
    public static Answer Enter(object code, string question, SimTime now = default, long number = 0)
    {
        var call = OfThisThread;
        if (call._sequence % 2 == 1)
        {
            return default;
        }

        (call._code, call._question, call._now, call._number) = (code, question, now, number);
        Volatile.Write(ref call._sequence, call._sequence + 1);
        return new Answer(call);
    }

    /// <summary>The code and the question. To be read only for a call that does not return.</summary>
    public override string ToString()
    {
        var name = _code as string ?? INamedCode.TitleOf(_code.GetType()) ?? $"policy {_code.GetType().Name}";
        return $"{name}: {string.Format(CultureInfo.InvariantCulture, _question, _now, _number)}";
    }

    private static AuthorsCall Register()
    {
        var call = t_own = new AuthorsCall();
        lock (s_lock)
        {
            s_all.Add(call);
        }

        return call;
    }

    /// <summary>Ends the call that it is of.</summary>
    internal readonly ref struct Answer(AuthorsCall? call)
    {
        public void Dispose()
        {
            if (call is not null)
            {
                Volatile.Write(ref call._sequence, call._sequence + 1);
            }
        }
    }
}
