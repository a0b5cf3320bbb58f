namespace LlmSim.Requests;

/// <summary>An adapter as a batched instance knows it.</summary>
/// <param name="name">Its name.</param>
/// <param name="number">0, 1, 2, … in the order in which the instance came to know its adapters.</param>
/// <param name="rank">Its rank.</param>
internal sealed class AdapterState(string name, int number, int rank)
{
    public string Name => name;

    public int Number => number;

    public int Rank => rank;

    /// <summary>Whether it is in a slot on the accelerators.</summary>
    public bool IsInSlot { get; set; }

    /// <summary>Whether it is in the memory of the host; what is in a slot is here too.</summary>
    public bool IsOnHost { get; set; }

    /// <summary>The number of the last plan that it was part of.</summary>
    public long LastUsed { get; set; }

    /// <summary>The last look at the batch that found it there.</summary>
    public long Seen { get; set; }

    /// <summary>Waiting requests that ask for it.</summary>
    public int Waiting { get; set; }

    public override string ToString() => $"adapter {name}";
}
