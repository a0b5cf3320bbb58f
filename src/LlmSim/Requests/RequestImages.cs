using LlmSim.Performance;

namespace LlmSim.Requests;

/// <summary>The pictures of a request as its model sees them, behind the text of its prompt.</summary>
internal sealed class RequestImages
{
    private readonly ImageShape[] _shapes;
    private readonly long[] _ids;

    /// <summary>Pictures.</summary>
    /// <param name="encoder">The encoder of the model.</param>
    /// <param name="shapes">At least one.</param>
    /// <param name="ids">What tells them from others: equal ids are equal pictures.</param>
    /// <param name="textTokens">Tokens of the prompt before them.</param>
    public RequestImages(VisionEncoder encoder, ImageShape[] shapes, long[] ids, int textTokens)
    {
        Encoder = encoder;
        _shapes = shapes;
        _ids = ids;
        Starts = new int[shapes.Length + 1];
        Starts[0] = textTokens;
        for (var i = 0; i < shapes.Length; i++)
        {
            Starts[i + 1] = Starts[i] + shapes[i].Tokens;
            Embeddings += shapes[i].Embeddings;
        }
    }

    public VisionEncoder Encoder { get; }

    public int Count => _shapes.Length;

    /// <summary>Where each begins in the prompt, and where the last one ends.</summary>
    private int[] Starts { get; }

    /// <summary>Tokens of all of them.</summary>
    public int Tokens => Starts[^1] - Starts[0];

    /// <summary>Those that an encoder makes.</summary>
    public long Embeddings { get; }

    public ImageShape this[int image] => _shapes[image];

    public ReadOnlySpan<ImageShape> Shapes => _shapes;

    public int Start(int image) => Starts[image];

    public int End(int image) => Starts[image + 1];

    public long Id(int image) => _ids[image];
}
