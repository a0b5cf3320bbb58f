namespace LlmSim.Performance.Calibrating;

/// <summary>One measurement and the work of one class of operations that it should be explained by.</summary>
/// <param name="Works">The operations.</param>
/// <param name="Seconds">What was measured.</param>
/// <param name="IsHeldOut">Whether it checks the fit rather than taking part in it.</param>
/// <param name="OtherSeconds">Seconds of operations of other classes in the same measurement.</param>
/// <param name="LeastSeconds">Seconds that all together take at least, launches apart.</param>
internal readonly record struct Sample(
    OperationWork[] Works,
    double Seconds,
    bool IsHeldOut,
    double OtherSeconds = 0,
    double LeastSeconds = 0
)
{
    public double RelativeError(in Roofs roofs)
    {
        var seconds = OtherSeconds;
        var launchSeconds = 0.0;
        foreach (var work in Works)
        {
            var launch = work.Launches * roofs.LaunchSeconds;
            launchSeconds += launch;
            seconds += roofs.Seconds(work) - launch;
        }

        return (Math.Max(seconds, LeastSeconds) + launchSeconds - Seconds) / Seconds;
    }
}
