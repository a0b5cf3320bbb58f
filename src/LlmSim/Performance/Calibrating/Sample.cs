namespace LlmSim.Performance.Calibrating;

/// <summary>One measurement and the work of one class of operations that it should be explained by.</summary>
/// <param name="Works">The operations.</param>
/// <param name="OtherSeconds">Seconds of operations of other classes in the same measurement.</param>
/// <param name="Seconds">What was measured.</param>
/// <param name="IsHeldOut">Whether it checks the fit rather than taking part in it.</param>
internal readonly record struct Sample(
    OperationWork[] Works,
    double OtherSeconds,
    double Seconds,
    bool IsHeldOut
)
{
    public double RelativeError(in Roofs roofs)
    {
        var predicted = OtherSeconds;
        foreach (var work in Works)
        {
            predicted += roofs.Seconds(work);
        }

        return (predicted - Seconds) / Seconds;
    }
}
