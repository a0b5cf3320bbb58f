using LlmSim.Performance.Measured;

namespace LlmSim.Performance.Calibrating;

/// <summary>A profile and the model that it is of.</summary>
/// <param name="Profile">The measurements.</param>
/// <param name="Model">The model.</param>
internal sealed record ProfiledModel(MeasuredProfile Profile, ModelDescription Model);

/// <summary>How well the roofline fits one class of operations, on the measurements that were held out.</summary>
/// <param name="Name">The class.</param>
/// <param name="Fitted">Measurements that it was fitted to.</param>
/// <param name="HeldOut">Measurements that it is checked on.</param>
/// <param name="MedianError">Median of the absolute relative errors.</param>
/// <param name="P90Error">Their 90th percentile.</param>
/// <param name="BareMedianError">The median with the roofs themselves for this class.</param>
internal sealed record CalibrationError(
    string Name,
    int Fitted,
    int HeldOut,
    double MedianError,
    double P90Error,
    double BareMedianError
);

/// <summary>A calibration, and how well it fits.</summary>
/// <param name="Calibration">What was fitted.</param>
/// <param name="Errors">By class of operations.</param>
internal sealed record CalibrationResult(Calibration Calibration, IReadOnlyList<CalibrationError> Errors);

/// <summary>Fits what an accelerator reaches of its roofs to profiles.</summary>
internal static class Calibrator
{
    /// <summary>Fits each class of operations to the slices that are not held out.</summary>
    /// <param name="hardware">The accelerator.</param>
    /// <param name="profiles">Profiles of it, at least one, with tp 1 in each.</param>
    /// <param name="source">What the calibration will say of itself.</param>
    /// <exception cref="UserErrorException">A profile is of another model or accelerator, or lacks a layer.</exception>
    public static CalibrationResult Fit(
        HardwareDescription hardware,
        IReadOnlyList<ProfiledModel> profiles,
        string source
    )
    {
        foreach (var (profile, model) in profiles)
        {
            ProfileMatch.RequireWhole(profile, model, hardware);
        }

        // Profiles are measured at 16 bits.
        var bare = new Roofs(hardware.Fp16OpsPerSecond, hardware.MemoryBytesPerSecond);
        ProfileSamples[] samples =
        [
            .. profiles.Select(profile => new ProfileSamples(profile.Profile, profile.Model, hardware)),
        ];
        var calibration = new Calibration { Source = source };
        var errors = new List<CalibrationError>();

        Fit(CalibrationClass.Dense, one => one.Dense());
        Fit(CalibrationClass.Elementwise, one => one.Elementwise());
        Fit(CalibrationClass.PrefillAttention, one => one.PrefillAttention());
        Fit(CalibrationClass.DecodeAttention, one => one.DecodeAttention());
        var prefill = bare.Lowered(calibration.PrefillAttention);
        Fit(CalibrationClass.MixedDecodeAttention, one => one.MixedDecodeAttention(prefill));
        var dense = bare.Lowered(calibration.Dense);
        Fit(CalibrationClass.Experts, one => one.Experts(dense));
        return new(OverheadFit.With(calibration, profiles), errors);

        void Fit(CalibrationClass one, Func<ProfileSamples, IEnumerable<Sample>> select)
        {
            Sample[] all = [.. samples.SelectMany(select)];
            if (all.Length == 0)
            {
                return;
            }

            var efficiency = EfficiencyFit.Fit(
                all,
                bare,
                hasKeySeconds: one == CalibrationClass.PrefillAttention
            );
            calibration = one.With(calibration, efficiency);
            errors.Add(Error(one.Name, all, bare.Lowered(efficiency), bare));
        }
    }

    private static CalibrationError Error(string name, Sample[] samples, Roofs lowered, Roofs bare)
    {
        Sample[] heldOut = [.. samples.Where(sample => sample.IsHeldOut)];
        double Quantile(Roofs roofs, double share)
        {
            double[] errors = [.. heldOut.Select(sample => Math.Abs(sample.RelativeError(roofs))).Order()];
            return errors.Length == 0 ? double.NaN : errors[(int)(share * (errors.Length - 1))];
        }

        return new(
            name,
            samples.Length - heldOut.Length,
            heldOut.Length,
            Quantile(lowered, 0.5),
            Quantile(lowered, 0.9),
            Quantile(bare, 0.5)
        );
    }
}
