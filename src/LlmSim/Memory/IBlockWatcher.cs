namespace LlmSim.Memory;

/// <summary>Is told which blocks of a pool can be found. It must not change the pool meanwhile.</summary>
internal interface IBlockWatcher
{
    /// <summary>Slots of a page can be found from now on.</summary>
    void OnFindable(ulong page, int from, int count);

    /// <summary>Slots of a page are taken for something else, the last one first.</summary>
    void OnTaken(ulong page, int from, int count);
}
