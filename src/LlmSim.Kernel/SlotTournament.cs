using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LlmSim.Kernel;

/// <summary>
/// Which of many slots has the least key, when keys change often and in any place. The order (key, tie) is total when ties are
/// distinct.
/// </summary>
/// <remarks>
/// A tournament: neighbours play, the winners play on, and a new key plays the few matches on its way up. Who wins a match
/// is worked out without a branch: the processor would guess every second one wrong, which is what a heap spends its time on.
/// </remarks>
internal sealed class SlotTournament
{
    /// <summary>
    /// From here on, keys are of slots without an entry. Each has one of its own, so that no two of them have to be told apart by ties.
    /// </summary>
    public const long NoKey = long.MaxValue - int.MaxValue;

    /// <summary>The winner of all at 1, the players of match i at 2 i and 2 i + 1, the slots in the second half.</summary>
    private Player[] _players = NewPlayers(16);

    private ulong[] _ties = new ulong[16];

    /// <summary>The least key; from <see cref="NoKey" /> on when there is no entry.</summary>
    public long LeastKey => _players[1].Key;

    /// <summary>The slot that is first by (key, tie), if there is an entry at all.</summary>
    public int First => (int)_players[1].Slot;

    /// <summary>Sets the entry of a slot, replacing any previous one.</summary>
    /// <param name="slot">A small number, from 0.</param>
    /// <param name="key">Slots with smaller keys go first; from 0 to below <see cref="NoKey" />.</param>
    /// <param name="tie">Among equal keys, the smaller goes first.</param>
    public void Set(int slot, long key, ulong tie)
    {
        Invariant.Require(key is >= 0 and < NoKey, $"slot {slot} was given the key {key}");
        while (slot >= _ties.Length)
        {
            Grow();
        }

        _ties[slot] = tie;
        Play(slot, key);
    }

    /// <summary>Removes the entry of a slot, which must have had one before.</summary>
    public void Remove(int slot) => Play(slot, NoKey + slot);

    private void Play(int slot, long key)
    {
        var place = (nuint)(uint)(slot + (_players.Length >> 1));
        _players[place] = new Player(key, slot);
        // From a place in the array the way leads to 1, and each neighbour on it is in the array as well.
        ref var players = ref MemoryMarshal.GetArrayDataReference(_players);
        var winner = new Player(key, slot);
        while (place > 1)
        {
            ref readonly var other = ref Unsafe.Add(ref players, place ^ 1);
            // All ones when the other wins.
            var otherWins = (other.Key - winner.Key) >> 63;
            if (other.Key == winner.Key)
            {
                otherWins = _ties[other.Slot] < _ties[winner.Slot] ? -1 : 0;
            }

            winner = winner.Or(other, otherWins);
            place >>= 1;
            Unsafe.Add(ref players, place) = winner;
        }
    }

    private void Grow()
    {
        var before = _players;
        var slots = before.Length >> 1;
        _players = NewPlayers(2 * slots);
        Array.Resize(ref _ties, 2 * slots);
        for (var slot = 0; slot < slots; slot++)
        {
            Play(slot, before[slots + slot].Key);
        }
    }

    private static Player[] NewPlayers(int slots)
    {
        var players = new Player[2 * slots];
        for (var slot = slots - 1; slot >= 0; slot--)
        {
            for (var place = slots + slot; place > 0; place >>= 1)
            {
                players[place] = new Player(NoKey + slot, slot);
            }
        }

        return players;
    }

    private readonly record struct Player(long Key, long Slot)
    {
        /// <summary>The other where the mask is all ones, this one where it is zero.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Player Or(in Player other, long mask) =>
            new(Key ^ ((Key ^ other.Key) & mask), Slot ^ ((Slot ^ other.Slot) & mask));
    }
}
