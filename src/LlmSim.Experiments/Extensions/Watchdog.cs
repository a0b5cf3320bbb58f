using System.Diagnostics;
using System.Globalization;

namespace LlmSim.Experiments.Extensions;

/// <summary>Notices that a user's code does not answer. It looks from a thread of its own at what the others are asked.</summary>
/// <param name="limitSeconds">Wall time that an answer may take.</param>
internal sealed class Watchdog(double limitSeconds)
{
    /// <summary>The option that sets the limit.</summary>
    public const string Option = "policy_timeout";

    private readonly Dictionary<AuthorsCall, (long Sequence, double Seconds)> _calls = [];

    /// <summary>Looks for as long as the process runs.</summary>
    /// <param name="limitSeconds">Wall time that an answer may take.</param>
    /// <param name="onSilence">Told whose code has not answered what; it ends the process, as nothing else stops such code.</param>
    public static void Start(double limitSeconds, Action<string> onSilence)
    {
        var interval = TimeSpan.FromSeconds(Math.Clamp(limitSeconds / 10, 0.005, 0.25));
        var watchdog = new Watchdog(limitSeconds);
        new Thread(Watch) { IsBackground = true, Name = "watchdog" }.Start();

        void Watch()
        {
            var last = Stopwatch.GetTimestamp();
            while (true)
            {
                Thread.Sleep(interval);
                var now = Stopwatch.GetTimestamp();
                // A process that was stopped for a while had no time to answer in.
                var seconds = Math.Min(
                    Stopwatch.GetElapsedTime(last, now).TotalSeconds,
                    2 * interval.TotalSeconds
                );
                last = now;
                if (!Debugger.IsAttached && watchdog.Look(AuthorsCall.All, seconds) is { } silence)
                {
                    onSilence(silence);
                }
            }
        }
    }

    /// <summary>What is wrong with a call that has taken too long; null for nothing.</summary>
    /// <param name="calls">What is asked.</param>
    /// <param name="seconds">Since the last look.</param>
    public string? Look(IReadOnlyList<AuthorsCall> calls, double seconds)
    {
        foreach (var ended in _calls.Keys.Except(calls).ToArray())
        {
            _calls.Remove(ended);
        }

        foreach (var call in calls)
        {
            var sequence = call.Sequence;
            var isTheSame =
                sequence % 2 == 1 && _calls.TryGetValue(call, out var before) && before.Sequence == sequence;
            var silent = isTheSame ? _calls[call].Seconds + seconds : 0;
            _calls[call] = (sequence, silent);
            if (silent >= limitSeconds)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{call}: no answer within {limitSeconds} s. --{Option} allows more."
                );
            }
        }

        return null;
    }
}
