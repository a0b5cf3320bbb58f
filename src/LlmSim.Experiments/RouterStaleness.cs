using System.Globalization;

namespace LlmSim.Experiments;

/// <summary>How old the load of instances is that routers see, as it is written: 50ms for a period, push:50ms for reports of each change.</summary>
/// <param name="Seconds">The period, or how long a report takes.</param>
/// <param name="IsPushed">Whether instances report each change.</param>
internal readonly record struct RouterStaleness(double Seconds, bool IsPushed)
{
    internal const string Form =
        "a period at which they hear of it, as 50ms or 0.05, or push:50ms for reports of each change that take so long";

    private const string Push = "push:";

    /// <summary>As it is written.</summary>
    public string Text => (IsPushed ? Push : "") + string.Create(CultureInfo.InvariantCulture, $"{Seconds}");

    public static RouterStaleness Of(RunConfiguration configuration) =>
        new(configuration.RouterStalenessSeconds, configuration.RouterLoadIsPushed);

    /// <summary>Reads it; null is load as it is.</summary>
    /// <exception cref="UserErrorException">It is no time, below 0 or too long.</exception>
    public static RouterStaleness Parse(string? text)
    {
        var isPushed = text?.StartsWith(Push, StringComparison.Ordinal) == true;
        return text is null
            ? default
            : new(TimeText.Seconds("router_staleness", isPushed ? text[Push.Length..] : text), isPushed);
    }
}
