namespace LlmSim.Performance;

/// <summary>How a model's processor makes frames of a video, and tokens of them.</summary>
internal abstract record VideoRule
{
    /// <summary>Most tokens that the encoder makes of one video.</summary>
    public abstract int MostEmbeddings { get; }

    /// <summary>What a video comes to. Its file has as many frames as are sampled.</summary>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    /// <param name="seconds">Its length, above 0.</param>
    /// <param name="framesPerSecond">Frames that are sampled; null for as many as the processor samples unasked.</param>
    /// <exception cref="UserErrorException">The processor refuses it.</exception>
    public abstract MediaShape Of(int width, int height, double seconds, double? framesPerSecond);
}

/// <summary>
/// Videos of Qwen: two frames a second, from 4 to 768, and two frames together are a picture in time that the encoder attends within.
/// </summary>
/// <param name="PatchSize">Pixels of a side of a patch.</param>
/// <param name="Merge">Patches of a side of a group, which is a token.</param>
internal abstract record PairedFrames(int PatchSize, int Merge) : VideoRule
{
    /// <summary>Frames that a patch spans.</summary>
    protected const int FramesOfPatch = 2;

    /// <summary>vision_start and vision_end.</summary>
    protected const int MarksAround = 2;

    private const double UsualFramesPerSecond = 2;
    private const int FewestFrames = 4;
    private const int MostFrames = 768;

    protected int Group => PatchSize * Merge;

    public override MediaShape Of(int width, int height, double seconds, double? framesPerSecond)
    {
        PixelBudgetImages.RequireShape("video_size", width, height);
        var frames = Math.Clamp(
            Frames(seconds * (framesPerSecond ?? UsualFramesPerSecond)),
            FewestFrames,
            MostFrames
        );
        var (columns, rows) = Groups(width, height, frames);
        var pairs = (frames + 1) / FramesOfPatch;
        return new(
            pairs * columns * rows + Marks(frames, pairs, seconds),
            pairs * columns * rows,
            pairs,
            columns * rows * Merge * Merge
        );
    }

    /// <summary>Frames of which the limits are then made.</summary>
    protected abstract int Frames(double sampled);

    /// <summary>Groups of a frame, side by side and one above the other.</summary>
    protected abstract (int Columns, int Rows) Groups(int width, int height, int frames);

    /// <summary>Tokens that enclose and separate.</summary>
    protected abstract int Marks(int frames, int pairs, double seconds);
}

/// <summary>
/// A budget of pixels for each frame, and one for all: Qwen2-VL and Qwen2.5-VL (qwen-vl-utils, vision_process.py, fetch_video, with total_pixels for a context of 128,000
/// tokens).
/// </summary>
internal sealed record FrameBudgetVideos(int PatchSize, int Merge) : PairedFrames(PatchSize, Merge)
{
    private const int FewestGroups = 128;
    private const int MostGroups = 768;

    /// <summary>Nine tenths of the context, of two frames each.</summary>
    private const int AllGroups = 115_200;

    public override int MostEmbeddings => AllGroups;

    protected override int Frames(double sampled) =>
        (int)Math.Min(Math.Round(sampled / FramesOfPatch) * FramesOfPatch, int.MaxValue);

    protected override (int Columns, int Rows) Groups(int width, int height, int frames)
    {
        // With at most 768 frames the budget of all never falls below that of the smallest frame.
        var most = Math.Min(MostGroups, (double)AllGroups / frames * FramesOfPatch);
        return PixelBudgetImages.Groups(
            width,
            height,
            Group,
            (double)FewestGroups * Group * Group,
            most * Group * Group
        );
    }

    protected override int Marks(int frames, int pairs, double seconds) => MarksAround;
}

/// <summary>
/// A budget of pixels for all frames together, and the time of each pair before it: Qwen3-VL and later (transformers, video_processing_qwen3_vl.py, smart_resize, with the
/// sizes of the models' video_preprocessor_config.json; processing_qwen3_vl.py).
/// </summary>
internal sealed record TotalBudgetVideos(int PatchSize, int Merge) : PairedFrames(PatchSize, Merge)
{
    private const double FewestPixels = 4096;
    private const double MostPixels = 25_165_824;

    /// <summary>Of "&lt;1.5 seconds&gt;" but for the digits before the point.</summary>
    private const int TokensOfTime = 5;

    /// <summary>Five frames have a budget of four, and are filled up to six.</summary>
    public override int MostEmbeddings => (int)(MostPixels * 3 / 4 / Group / Group);

    protected override int Frames(double sampled) => (int)Math.Min(sampled, int.MaxValue);

    protected override (int Columns, int Rows) Groups(int width, int height, int frames)
    {
        var enlarged = Math.Max(1, Math.Max((double)Group / width, (double)Group / height));
        double w = Math.Floor(width * enlarged);
        double h = Math.Floor(height * enlarged);
        var (columns, rows) = (Math.Max(1, Math.Round(w / Group)), Math.Max(1, Math.Round(h / Group)));
        var budgeted = Math.Round((double)frames / FramesOfPatch) * FramesOfPatch;
        var pixels = budgeted * columns * rows * Group * Group;
        if (pixels > MostPixels)
        {
            var scale = Math.Sqrt(frames * w * h / MostPixels);
            columns = Math.Max(1, Math.Floor(w / scale / Group));
            rows = Math.Max(1, Math.Floor(h / scale / Group));
        }
        else if (pixels < FewestPixels)
        {
            var scale = Math.Sqrt(FewestPixels / (frames * w * h));
            columns = Math.Ceiling(w * scale / Group);
            rows = Math.Ceiling(h * scale / Group);
        }

        return ((int)columns, (int)rows);
    }

    /// <summary>The mean time of a pair in tenths of a second, a token a digit.</summary>
    protected override int Marks(int frames, int pairs, double seconds)
    {
        var tokens = 0;
        var between = seconds / (frames - 1);
        for (var first = 0; first < frames; first += FramesOfPatch)
        {
            var last = Math.Min(first + 1, frames - 1);
            var time = Math.Round((first + last) / 2.0 * between, 1);
            tokens += MarksAround + TokensOfTime + Digits.Of((long)time);
        }

        return tokens;
    }
}

/// <summary>
/// Each frame one tile, with "Frame1: " before it and a line feed between them: InternVL (transformers, processing_internvl.py; eight frames of a video whatever its length, as
/// load_video of the models' cards has it). Of a tokenizer that has a token for Frame, and one for each digit.
/// </summary>
/// <param name="Side">Pixels of a side of a tile.</param>
/// <param name="PatchSize">Pixels of a side of a patch.</param>
/// <param name="TileTokens">Tokens that the encoder makes of a tile.</param>
/// <param name="ContextTokens">The longest context: more frames are refused.</param>
internal sealed record FrameTiles(int Side, int PatchSize, int TileTokens, int ContextTokens) : VideoRule
{
    private const int UsualFrames = 8;

    /// <summary>Frame, a colon and a space, and what encloses the picture.</summary>
    private const int TokensBeside = 5;

    public override int MostEmbeddings => MostFrames * TileTokens;

    private int MostFrames => Math.Max(UsualFrames, ContextTokens / TileTokens);

    public override MediaShape Of(int width, int height, double seconds, double? framesPerSecond)
    {
        var sampled = framesPerSecond is { } rate ? Math.Max(1, Math.Round(seconds * rate)) : UsualFrames;
        if (sampled > MostFrames)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"video_fps: found {framesPerSecond} of {seconds} s, {sampled} frames; allowed with this model: {MostFrames} frames, which fill its context"
                )
            );
        }

        var frames = (int)sampled;
        var tokens = frames * (TileTokens + TokensBeside) + frames - 1;
        for (var frame = 1; frame <= frames; frame++)
        {
            tokens += Digits.Of(frame);
        }

        var patches = Side / PatchSize;
        return new(tokens, frames * TileTokens, frames, patches * patches + 1);
    }
}

/// <summary>Digits of a number.</summary>
file static class Digits
{
    public static int Of(long number)
    {
        var digits = 1;
        for (; number >= 10; number /= 10)
        {
            digits++;
        }

        return digits;
    }
}
