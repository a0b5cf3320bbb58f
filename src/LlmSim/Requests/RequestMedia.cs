using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Requests;

/// <summary>The media of a request as its model sees them, behind the text of its prompt.</summary>
internal sealed class RequestMedia
{
    private readonly MediaShape[] _shapes;
    private readonly long[] _ids;
    private readonly MediaKind[] _kinds;
    private readonly ModelDescription _model;

    /// <summary>Media.</summary>
    /// <param name="model">The model.</param>
    /// <param name="shapes">At least one.</param>
    /// <param name="kinds">What each is.</param>
    /// <param name="ids">What tells them from others: equal ids are equal media.</param>
    /// <param name="textTokens">Tokens of the prompt before them.</param>
    public RequestMedia(
        ModelDescription model,
        MediaShape[] shapes,
        MediaKind[] kinds,
        long[] ids,
        int textTokens
    )
    {
        _model = model;
        (_shapes, _kinds, _ids) = (shapes, kinds, ids);
        Starts = new int[shapes.Length + 1];
        Starts[0] = textTokens;
        for (var i = 0; i < shapes.Length; i++)
        {
            Starts[i + 1] = Starts[i] + shapes[i].Tokens;
        }
    }

    public int Count => _shapes.Length;

    /// <summary>Where each begins in the prompt, and where the last one ends.</summary>
    private int[] Starts { get; }

    /// <summary>Tokens of all of them.</summary>
    public int Tokens => Starts[^1] - Starts[0];

    public MediaShape this[int item] => _shapes[item];

    public ReadOnlySpan<MediaShape> Shapes => _shapes;

    public int Start(int item) => Starts[item];

    public int End(int item) => Starts[item + 1];

    public long Id(int item) => _ids[item];

    /// <summary>Bytes of an embedding of it.</summary>
    public long EmbeddingBytes(int item) =>
        _shapes[item].IsSound ? _model.Audio!.EmbeddingBytes : _model.Vision!.EmbeddingBytes;

    /// <summary>Those of a kind, and their tokens.</summary>
    public MediaTotals Of(MediaKind kind)
    {
        var totals = default(MediaTotals);
        for (var i = 0; i < _shapes.Length; i++)
        {
            if (_kinds[i] == kind)
            {
                totals = new(totals.Count + 1, totals.Tokens + _shapes[i].Tokens);
            }
        }

        return totals;
    }
}

/// <summary>Media of a kind.</summary>
/// <param name="Count">How many.</param>
/// <param name="Tokens">Their tokens in the prompt.</param>
internal readonly record struct MediaTotals(int Count, int Tokens);
