namespace LlmSim.Performance;

/// <summary>
/// What the time of an iteration depends on when it may mix chunks of prompts with decoding requests. To an engine a request
/// with more than one scheduled token is a prefill request, one with a single token decodes. Computed tokens are those whose KV
/// cache is there when the iteration starts.
/// </summary>
public readonly record struct IterationBatch
{
    /// <summary>One whole prompt alone. One of a single token is prefilled as well.</summary>
    /// <param name="promptTokens">Its tokens, at least 1.</param>
    public static IterationBatch OfPrompt(int promptTokens) =>
        new()
        {
            PrefillRequests = 1,
            PrefillTokens = promptTokens,
            PrefillAttentionPairs = (long)promptTokens * (promptTokens + 1) / 2,
        };

    /// <summary>
    /// The rest of one prompt alone, as an engine schedules it: a single token counts as decoding, the only one of a prompt too.
    /// </summary>
    /// <param name="promptTokens">Tokens of the whole prompt.</param>
    /// <param name="computedTokens">Those of them whose KV cache is there; at least one is left.</param>
    public static IterationBatch OfPrompt(int promptTokens, int computedTokens)
    {
        var tokens = promptTokens - computedTokens;
        return tokens == 1
            ? new()
            {
                DecodeRequests = 1,
                DecodeComputedTokens = computedTokens,
                DecodeComputedTokensMin = computedTokens,
                DecodeComputedTokensMax = computedTokens,
            }
            : new()
            {
                PrefillRequests = 1,
                PrefillTokens = tokens,
                PrefillComputedTokens = computedTokens,
                PrefillAttentionPairs = ((long)tokens * computedTokens) + ((long)tokens * (tokens + 1) / 2),
            };
    }

    /// <summary>
    /// Decoding requests alone. The shortest context is not known, and taken as far below the mean as the longest is above
    /// it.
    /// </summary>
    internal static IterationBatch OfDecode(in DecodeBatch batch)
    {
        var computed = batch.ContextTokens - batch.Requests;
        var longest = batch.LongestContextTokens - 1;
        return new()
        {
            DecodeRequests = batch.Requests,
            DecodeComputedTokens = computed,
            DecodeComputedTokensMin = (int)Math.Max(0, 2 * (computed / batch.Requests) - longest),
            DecodeComputedTokensMax = longest,
        };
    }

    /// <summary>Requests with a chunk of prompt.</summary>
    public int PrefillRequests { get; init; }

    /// <summary>Their scheduled tokens, summed.</summary>
    public int PrefillTokens { get; init; }

    /// <summary>Their tokens computed already, summed.</summary>
    public long PrefillComputedTokens { get; init; }

    /// <summary>
    /// Pairs of query and key of causal attention over the prefill requests: for a chunk of c tokens after p computed
    /// ones, c · p + c · (c + 1) / 2.
    /// </summary>
    public long PrefillAttentionPairs { get; init; }

    /// <summary>Requests that decode: one scheduled token each, and its drafts.</summary>
    public int DecodeRequests { get; init; }

    /// <summary>
    /// Draft tokens that are verified with the token of each decoding request; 0 without speculative decoding. They are computed as that token is.
    /// </summary>
    public int DraftTokens { get; init; }

    /// <summary>
    /// Draft tokens of all decoding requests that an iteration accepts on average: their contexts grow by so many tokens, beside one each.
    /// </summary>
    public double AcceptedDraftTokens { get; init; }

    /// <summary>Their tokens computed already, summed.</summary>
    public long DecodeComputedTokens { get; init; }

    /// <summary>The fewest computed tokens of a decoding request; 0 without any.</summary>
    public int DecodeComputedTokensMin { get; init; }

    /// <summary>The most computed tokens of a decoding request; 0 without any.</summary>
    public int DecodeComputedTokensMax { get; init; }

    /// <summary>Scheduled tokens of requests with an adapter, their drafts among them.</summary>
    internal int AdapterTokens { get; init; }

    /// <summary>Different adapters of these.</summary>
    internal int Adapters { get; init; }

    /// <summary>Tokens that a grammar restricts, those that drafts may come to among them.</summary>
    internal int MaskedTokens { get; init; }

    /// <summary>
    /// The chunks one by one, when there are several; empty otherwise, and when only their sums are known. Whoever planned the
    /// iteration may use the memory again for the next one.
    /// </summary>
    public ReadOnlyMemory<PrefillChunk> PrefillChunks { get; init; }

    /// <summary>
    /// Tokens that the layers are computed for when that is more than the instance has itself: data-parallel members that advance
    /// together are padded to the largest of them, and iterations replayed from a graph of kernels to its size. At most
    /// <see cref="Tokens" /> where nothing is padded.
    /// </summary>
    public int GroupTokens { get; init; }

    /// <summary>
    /// Tokens of all data-parallel members together, padding included: experts that are divided over the members are computed for
    /// all of them. 0 for an instance on its own.
    /// </summary>
    public int ExpertTokens { get; init; }

    /// <summary>Seconds of the pictures that are encoded before it.</summary>
    internal double EncodeSeconds { get; init; }

    /// <summary>
    /// What its chunks of prompts see through a window: pairs of query and key, and keys that they read. Exact where the chunks are
    /// known; else as if all had the mean length.
    /// </summary>
    internal (double Pairs, double Keys) Seen(AttentionWindow window)
    {
        if (PrefillChunks.IsEmpty)
        {
            var queries = (double)PrefillTokens / PrefillRequests;
            var computed = (double)PrefillComputedTokens / PrefillRequests;
            return (
                PrefillRequests * window.Pairs(queries, computed),
                PrefillRequests * window.Keys(queries, computed)
            );
        }

        var (pairs, keys) = (0.0, 0.0);
        foreach (var chunk in PrefillChunks.Span)
        {
            pairs += window.Pairs(chunk.Tokens, chunk.ComputedTokens);
            keys += window.Keys(chunk.Tokens, chunk.ComputedTokens);
        }

        return (pairs, keys);
    }

    /// <summary>Its decoding requests as a batch of their own: the token being computed is part of each context.</summary>
    internal DecodeBatch Decode =>
        new(
            DecodeRequests,
            DecodeComputedTokens + ((long)DecodeRequests * QueriesEach),
            DecodeComputedTokensMax + QueriesEach,
            QueriesEach
        );

    /// <summary>Tokens that are computed of each decoding request.</summary>
    internal int QueriesEach => 1 + DraftTokens;

    /// <summary>Tokens by which the contexts of all decoding requests grow together in an iteration.</summary>
    internal double DecodeGrowthTokens => DecodeRequests + AcceptedDraftTokens;

    /// <summary>Tokens whose successors are asked for: one of each chunk of a prompt, all of decoding requests.</summary>
    internal int LogitTokens => PrefillRequests + (DecodeRequests * QueriesEach);

    /// <summary>
    /// The same requests so many iterations later, in which each that decodes got a token an iteration, all together the drafts that are accepted
    /// on average, and a prompt, one at most, as many tokens as now.
    /// </summary>
    public IterationBatch After(int iterations)
    {
        var accepted = AcceptedDraftTokens == 0 ? 0 : (long)Math.Round(iterations * AcceptedDraftTokens);
        var growth = iterations + (accepted == 0 ? 0 : (int)(accepted / DecodeRequests));
        return this with
        {
            PrefillComputedTokens = PrefillComputedTokens + ((long)iterations * PrefillTokens),
            PrefillAttentionPairs =
                PrefillAttentionPairs + ((long)iterations * PrefillTokens * PrefillTokens),
            DecodeComputedTokens = DecodeComputedTokens + ((long)iterations * DecodeRequests) + accepted,
            DecodeComputedTokensMin = DecodeComputedTokensMin + growth,
            DecodeComputedTokensMax = DecodeComputedTokensMax + growth,
        };
    }

    /// <summary>Whether it is one prompt alone, from its start.</summary>
    internal bool IsPromptFromItsStart =>
        PrefillRequests == 1 && DecodeRequests == 0 && PrefillComputedTokens == 0;

    /// <summary>Scheduled tokens of the instance itself.</summary>
    public int Tokens => PrefillTokens + (DecodeRequests * QueriesEach);

    /// <summary>Requests with scheduled tokens.</summary>
    public int Requests => PrefillRequests + DecodeRequests;
}

/// <summary>The part of one prompt that an iteration computes.</summary>
/// <param name="Tokens">Its scheduled tokens, at least 2.</param>
/// <param name="ComputedTokens">Tokens of the prompt computed already.</param>
public readonly record struct PrefillChunk(int Tokens, int ComputedTokens);
