using System.Collections;

namespace LlmSim.Workloads;

/// <summary>The first segments of a list that grows: the prompts of a conversation share it, because each goes on where the one before ended.</summary>
internal sealed class SaidSoFar(List<PromptSegment> all, int count) : IReadOnlyList<PromptSegment>
{
    public int Count => count;

    public PromptSegment this[int index] =>
        index < count ? all[index] : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<PromptSegment> GetEnumerator()
    {
        for (var i = 0; i < count; i++)
        {
            yield return all[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
