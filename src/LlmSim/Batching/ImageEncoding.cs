using System.Runtime.InteropServices;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// An engine that encodes the pictures of prompts itself: in the iteration that computes the first token of a picture, before it. Of kind vLLM so many embeddings an
/// iteration, as far as the cache has room; a part of a prompt then ends before a picture that has to wait (vllm/v1/core/sched/scheduler.py,
/// _try_schedule_encoder_inputs).
/// </summary>
internal sealed class ImageEncoding
{
    private readonly EncoderTime _time;
    private readonly int _budget;
    private readonly EncoderCache? _cache;
    private readonly List<MediaShape> _planned = [];
    private readonly HashSet<long> _fitting = [];
    private int _left;

    /// <summary>The encoder of an engine.</summary>
    /// <param name="time">Its times.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="mostEmbeddings">Most that a picture, or whatever else is asked for, comes to.</param>
    public ImageEncoding(EncoderTime time, EngineSpec engine, int mostEmbeddings)
    {
        _time = time;
        if (engine is { Kind: EngineKind.Vllm, Batching: BatchingRule.Own })
        {
            // The largest one has to fit.
            _budget = Math.Max(engine.MaxBatchedTokens, mostEmbeddings);
            _cache = new EncoderCache(_budget);
        }
    }

    /// <summary>Whether the planned iteration cannot repeat itself, because it encodes a picture, or one waits.</summary>
    public bool IsPlanned { get; private set; }

    /// <summary>Pictures that were encoded.</summary>
    public long Encoded { get; private set; }

    /// <summary>Pictures that were found in the cache.</summary>
    public long Hits => _cache?.Hits ?? 0;

    /// <summary>Seconds that iterations took for it.</summary>
    public double Seconds { get; private set; }

    /// <summary>Seconds to encode the pictures of a request.</summary>
    public double SecondsOf(RequestMedia images) => _time.Seconds(images.Shapes);

    /// <summary>An iteration is to be planned.</summary>
    public void Begin()
    {
        _left = _budget;
        IsPlanned = false;
        _planned.Clear();
    }

    /// <summary>
    /// So many tokens of a prompt that an iteration computes, or fewer where a picture among them cannot be encoded yet. Those that can be are.
    /// </summary>
    /// <param name="sequence">The request.</param>
    /// <param name="computed">Tokens of it that are there.</param>
    /// <param name="tokens">Tokens that it would get.</param>
    public int Plan(SequenceState sequence, int computed, int tokens)
    {
        if (sequence.Request.MediaToEncode is not { } images)
        {
            return tokens;
        }

        while (sequence.ReadyImages < images.Count && images.End(sequence.ReadyImages) <= computed)
        {
            // Its keys and values are there, so that nobody needs its embeddings.
            sequence.ReadyImages++;
            sequence.PassedImages = sequence.ReadyImages;
        }

        while (sequence.ReadyImages < images.Count && images.Start(sequence.ReadyImages) < computed + tokens)
        {
            if (!TryPlan(sequence, images))
            {
                IsPlanned = true;
                return Math.Max(0, images.Start(sequence.ReadyImages) - computed);
            }

            sequence.ReadyImages++;
        }

        return tokens;
    }

    /// <summary>
    /// The same of a request that waits, which may not be admitted after all: nothing is planned yet, and what the cache has stays in its order.
    /// </summary>
    /// <param name="sequence">The request.</param>
    /// <param name="computed">Tokens of it that would be there.</param>
    /// <param name="tokens">Tokens that it would get.</param>
    public int Fit(SequenceState sequence, int computed, int tokens)
    {
        if (_cache is null || sequence.Request.MediaToEncode is not { } images)
        {
            return tokens;
        }

        var (left, room) = (_left, _cache.Room);
        _fitting.Clear();
        for (var i = 0; i < images.Count && images.Start(i) < computed + tokens; i++)
        {
            var (id, embeddings) = (images.Id(i), images[i].Embeddings);
            if (images.End(i) <= computed || _cache.IsHeld(id) || !_fitting.Add(id))
            {
                continue;
            }

            var isFound = _cache.Has(id);
            if (embeddings > room || (!isFound && embeddings > left))
            {
                IsPlanned = true;
                return Math.Max(0, images.Start(i) - computed);
            }

            room -= embeddings;
            left -= isFound ? 0 : embeddings;
        }

        return tokens;
    }

    /// <summary>A request with pictures that were planned is not computed now: what it has is let go, and what it was to get is not encoded.</summary>
    public void TakeBack(SequenceState sequence)
    {
        if (sequence.Request.MediaToEncode is not { } images)
        {
            return;
        }

        for (var i = sequence.PassedImages; i < sequence.ReadyImages; i++)
        {
            if (i < sequence.FirstPlannedImage || sequence.FoundImages.Contains(i))
            {
                _cache?.Release(images.Id(i));
            }
            else if (_cache is null || _cache.TryForget(images.Id(i)))
            {
                // Where another request needs it as well, it stays planned.
                _planned.Remove(images[i]);
                _left += images[i].Embeddings;
            }
        }

        (sequence.ReadyImages, sequence.PassedImages) = (0, 0);
        sequence.BeginImages();
    }

    /// <summary>The iteration is planned: seconds that its pictures take.</summary>
    public double PlannedSeconds()
    {
        if (_planned.Count == 0)
        {
            return 0;
        }

        IsPlanned = true;
        Encoded += _planned.Count;
        var seconds = _time.Seconds(CollectionsMarshal.AsSpan(_planned));
        Seconds += seconds;
        return seconds;
    }

    /// <summary>Iterations like the planned one that a prompt can have before its next picture.</summary>
    public static int IterationsToImage(SequenceState sequence) =>
        sequence.Request.MediaToEncode is { } images && sequence.ReadyImages < images.Count
            ? Math.Max(1, (images.Start(sequence.ReadyImages) - sequence.Computed) / sequence.Scheduled)
            : int.MaxValue;

    /// <summary>The planned iterations have ended: pictures that have been passed are needed no more.</summary>
    public void Pass(SequenceState sequence)
    {
        if (sequence.Request.MediaToEncode is not { } images)
        {
            return;
        }

        while (
            sequence.PassedImages < sequence.ReadyImages
            && (sequence.HasLeft || images.End(sequence.PassedImages) <= sequence.Computed)
        )
        {
            _cache?.Release(images.Id(sequence.PassedImages));
            sequence.PassedImages++;
        }

        sequence.BeginImages();
    }

    /// <summary>Everything is lost.</summary>
    public void Clear()
    {
        _cache?.Clear();
        Begin();
    }

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public void RequireEmpty() =>
        Invariant.Require(
            _cache is null or { Held: 0 },
            $"{_cache?.Held} embeddings of pictures were never let go"
        );

    private bool TryPlan(SequenceState sequence, RequestMedia images)
    {
        var (number, shape) = (sequence.ReadyImages, images[sequence.ReadyImages]);
        if (_cache is null)
        {
            _planned.Add(shape);
            return true;
        }

        if (_cache.TryHold(images.Id(number)))
        {
            sequence.FoundImages.Add(number);
            return true;
        }

        if (shape.Embeddings > _left || !_cache.TryAdd(images.Id(number), shape.Embeddings))
        {
            return false;
        }

        _left -= shape.Embeddings;
        _planned.Add(shape);
        return true;
    }
}
