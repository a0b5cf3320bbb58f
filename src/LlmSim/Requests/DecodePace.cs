namespace LlmSim.Requests;

/// <summary>
/// How a request under speculative decoding comes to its last token: how many iterations it takes is drawn, and they give it its tokens evenly. So its
/// end is as random as with each draft drawn at its own time, and its context grows by the same amount in each iteration.
/// </summary>
/// <param name="tokens">Tokens that it is owed.</param>
/// <param name="iterations">Iterations in which it gets them.</param>
internal sealed class DecodePace(int tokens, int iterations)
{
    /// <summary>Bits behind the point of <see cref="Rate" /> and <see cref="Fraction" />.</summary>
    public const int Bits = 24;

    /// <summary>Tokens of an iteration, with a fraction. Rounded up: the last iteration completes the last token.</summary>
    public long Rate { get; } = (((long)tokens << Bits) + iterations - 1) / iterations;

    /// <summary>Drafts that an iteration accepts on average.</summary>
    public double MeanAccepted => (Rate / (double)(1L << Bits)) - 1;

    /// <summary>The part of a token that it has got beyond whole ones.</summary>
    public long Fraction { get; private set; }

    /// <summary>Iterations until it has all its tokens.</summary>
    public int IterationsLeft { get; private set; } = iterations;

    /// <summary>Whole tokens that it gets in so many iterations from now.</summary>
    public int TokensIn(int iterations) => (int)((Fraction + (iterations * Rate)) >> Bits);

    /// <summary>Iterations until it has got so many tokens, at least 1.</summary>
    public long IterationsTo(int tokens) => (((long)tokens << Bits) - Fraction + Rate - 1) / Rate;

    /// <summary>So many iterations have ended; says how many tokens they gave it.</summary>
    public int Advance(int iterations)
    {
        var all = Fraction + (iterations * Rate);
        Fraction = all & ((1L << Bits) - 1);
        IterationsLeft -= iterations;
        return (int)(all >> Bits);
    }
}
