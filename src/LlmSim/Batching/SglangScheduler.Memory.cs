using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>What is kept for running requests, and who is retracted.</content>
internal sealed partial class SglangScheduler
{
    /// <summary>
    /// Takes out those with the least output, of equal ones those with the longest prompt and then the last, until the others have room.
    /// </summary>
    private void Retract(SimTime now)
    {
        Separate();
        var order = Single
            .ToArray()
            .Reverse()
            .OrderBy(sequence => sequence.Request.GeneratedTokens)
            .ThenByDescending(sequence => sequence.Request.InputTokens)
            .ToArray();
        for (var i = 0; i < order.Length && (i == 0 || LacksRoom()); i++)
        {
            TakeOut(order[i]);
            if (Role == InstanceRole.Decode)
            {
                Waiting.PutBack(order[i]);
            }
            else
            {
                Waiting.Requeue(order[i], now);
            }
        }

        _isFull = false;
        SetShare(ShareAfterRetraction());
    }

    /// <summary>The last one stays as long as it can go on at all.</summary>
    private bool LacksRoom() => BlocksToGrow(Running == 1 ? 1 : RoomAfterRetraction) > Cache.Available;

    /// <summary>Blocks that the requests lack for so many iterations that only decode.</summary>
    private long BlocksToGrow(int iterations)
    {
        var blocks = Decoding.BlocksFor(iterations);
        foreach (var sequence in Single)
        {
            blocks += Lacking(sequence, iterations);
        }

        return blocks;
    }

    /// <summary>Blocks that a request on its own lacks for so many iterations that only decode.</summary>
    private int Lacking(SequenceState sequence, int iterations) =>
        Math.Max(0, Cache.Lacking(sequence, sequence.TokensHeldDecoding(iterations, DraftsFor(sequence))));

    /// <summary>What the share would have had to be for those that stay, and some tokens more.</summary>
    private double ShareAfterRetraction()
    {
        var (generated, most) = (0L, 0L);
        foreach (var sequence in Single)
        {
            generated += sequence.Request.GeneratedTokens + RoomAfterRetraction;
            most += sequence.Request.TraceOutputTokens;
        }

        return Math.Min(1, (double)generated / (most + 1));
    }

    private void SetShare(double share) => (_shareSet, _decodedSince) = (share, 0);

    /// <summary>Whether a waiting request fits beside what is kept for the others.</summary>
    private bool Fits(SequenceState sequence, int hits, double owed)
    {
        if (sequence.Blocks > 0)
        {
            return true;
        }

        var blocks = Cache.BlocksFromFree(sequence, hits, sequence.Length + TokensToCome(sequence) - 1L);
        return (blocks * (double)Spec.BlockTokens) + owed <= Cache.Available * (double)Spec.BlockTokens;
    }

    /// <summary>Tokens that memory is kept for: a share of what decoding requests may generate, all of what those may whose prompt ends now.</summary>
    private double TokensOwed()
    {
        var (decoding, prompts) = (Decoding.TokensToCome(MostTokensToCome), 0L);
        foreach (var sequence in Single)
        {
            if (sequence.Scheduled == 0)
            {
                decoding += TokensToCome(sequence);
            }
            else if (sequence.CompletesNow)
            {
                prompts += TokensToCome(sequence);
            }
        }

        return (Share * decoding) + prompts;
    }

    /// <summary>Tokens that a request may generate yet: engines know the limit of its output.</summary>
    private long TokensToCome(SequenceState sequence) =>
        Math.Min(MostTokensToCome, MostTokens(sequence.Request) - sequence.Length + 1);
}
