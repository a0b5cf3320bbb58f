using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>Requests whose output has a grammar.</content>
internal abstract partial class IterationScheduler
{
    /// <summary>The same iteration with the tokens that a grammar restricts, those that drafts may come to among them.</summary>
    private IterationBatch WithMasks(in IterationBatch batch)
    {
        if (Spec.StructuredOutput is null)
        {
            return batch;
        }

        var tokens = 0;
        if (Decoding.IsPlanned)
        {
            foreach (var sequence in Decoding.All)
            {
                tokens += sequence.Request.IsMasked ? DecodeTokensEach : 0;
            }
        }

        foreach (var sequence in _single)
        {
            tokens += sequence.CompletesNow && sequence.Request.IsMasked ? 1 + sequence.Drafts : 0;
        }

        return batch with
        {
            MaskedTokens = tokens,
        };
    }
}
