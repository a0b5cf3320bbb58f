using System.Text;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Workloads;

/// <summary>
/// Classes of requests in one stream, in order of arrival. Each draws from streams of its own, which follow from the seed and its name alone: another class
/// shifts none.
/// </summary>
internal static class MixWorkload
{
    /// <summary>The requests, as many as are asked for.</summary>
    /// <param name="mix">The classes.</param>
    /// <param name="options">How many, their seed, and the rate that is divided by their shares.</param>
    /// <exception cref="UserErrorException">A class is wrong.</exception>
    public static IEnumerable<RequestSpec> ToRequests(MixFile mix, WorkloadOptions options)
    {
        var sum = mix.Classes.Sum(one => one.Weight ?? 0);
        var rate = options.LambdaArrival ?? mix.RatePerSecond ?? WorkloadOptions.DefaultLambdaArrival;
        var streams = mix
            .Classes.Select(one =>
            {
                var seed = SeedOf(options.Seed, one.Origin.Class);
                var source = one.Source with
                {
                    Seed = seed,
                    RequestCount = options.RequestCount,
                    LambdaArrival = one.Weight is { } weight ? rate * weight / sum : null,
                    ReadHashIds = options.ReadHashIds,
                };
                return (one.Origin, Requests: RequestsOf(mix, one, source), Scope: ContentIds.Of(seed));
            })
            .ToArray();
        return Merged(streams).Take(options.RequestCount);
    }

    private static IEnumerable<RequestSpec> RequestsOf(MixFile mix, MixClass one, WorkloadOptions source)
    {
        try
        {
            return source.ToRequests();
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{mix.Path}: class {one.Origin.Class}: {e.Message}", e);
        }
    }

    /// <summary>The seed of a class.</summary>
    private static long SeedOf(long seed, string name)
    {
        var hash = PrefixKeys.Mix((ulong)seed);
        foreach (var octet in Encoding.UTF8.GetBytes(name))
        {
            hash = PrefixKeys.Mix(hash ^ octet);
        }

        return (long)(hash >> 1);
    }

    private static IEnumerable<RequestSpec> Merged(
        (RequestOrigin Origin, IEnumerable<RequestSpec> Requests, ContentIds Scope)[] streams
    )
    {
        var open = streams.Select(stream => stream.Requests.GetEnumerator()).ToArray();
        try
        {
            // By arrival; of one time in the order of the classes.
            var next = new PriorityQueue<int, (SimTime, int)>();
            for (var i = 0; i < open.Length; i++)
            {
                Advance(i);
            }

            var id = 0L;
            while (next.TryDequeue(out var first, out _))
            {
                var request = open[first].Current;
                yield return Of(request, id, streams[first].Origin, streams[first].Scope);
                id += request.Conversation?.Turns.Count ?? 1;
                Advance(first);
            }

            void Advance(int i)
            {
                if (open[i].MoveNext())
                {
                    next.Enqueue(i, (open[i].Current.Arrival, i));
                }
            }
        }
        finally
        {
            foreach (var stream in open)
            {
                stream.Dispose();
            }
        }
    }

    /// <summary>Content that is called alike in two classes is not the same.</summary>
    private static RequestSpec Of(in RequestSpec request, long id, RequestOrigin origin, ContentIds scope)
    {
        if (request.Conversation is not { } conversation)
        {
            return request with
            {
                Id = id,
                Origin = origin,
                HashIds = request.HashIds is { } ids ? Array.ConvertAll(ids, scope.Id) : null,
            };
        }

        return new Conversation(
            [
                .. conversation.Turns.Select(turn =>
                    turn with
                    {
                        Prompt = new ScopedPrompt(turn.Prompt, scope),
                        Output = ScopedPrompt.Of(turn.Output, scope),
                    }
                ),
            ],
            conversation.Name
        ).Begin(id, request.Arrival, origin) with
        {
            Traits = request.Traits,
        };
    }

    /// <summary>A prompt whose ids are those of a class; it is not copied, because prompts of a conversation share their beginning.</summary>
    private sealed class ScopedPrompt(IReadOnlyList<PromptSegment> prompt, ContentIds scope)
        : IReadOnlyList<PromptSegment>
    {
        public int Count => prompt.Count;

        public PromptSegment this[int index] => Of(prompt[index], scope);

        public static PromptSegment Of(PromptSegment segment, ContentIds scope) =>
            segment with
            {
                ContentId = scope.Id(segment.ContentId),
            };

        public IEnumerator<PromptSegment> GetEnumerator() =>
            prompt.Select(segment => Of(segment, scope)).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
