namespace LlmSim.Performance;

/// <summary>Bytes per value; 4 bits are half a byte.</summary>
internal static class PrecisionBytes
{
    public static double WeightBytes(this Precision precision) => precision.WeightBits / 8.0;

    public static double ActivationBytes(this Precision precision) => precision.ActivationBits / 8.0;

    public static double KvBytes(this Precision precision) => precision.KvBits / 8.0;

    /// <summary>Throws unless every width is one that <see cref="Precision" /> allows.</summary>
    public static void Validate(this Precision precision)
    {
        Check("weight bits", precision.WeightBits);
        Check("activation bits", precision.ActivationBits);
        Check("KV bits", precision.KvBits);
    }

    private static void Check(string name, int bits)
    {
        if (bits is not (4 or 8 or 16 or 32))
        {
            throw new UserErrorException($"{name}: {bits} is not allowed; allowed are 4, 8, 16 and 32.");
        }
    }
}
