namespace LlmSim.Metrics;

/// <summary>Collects what becomes of the requests of one class, tenant or model.</summary>
internal sealed class GroupRecorder(string name, double weight)
{
    private readonly ValueSummary _ttft = new();
    private readonly ValueSummary _tpot = new();
    private readonly ValueSummary _endToEnd = new();
    private readonly long[] _outcomes = new long[4];
    private long _requests;
    private long _inputTokens;
    private long _outputTokens;
    private long _metTtft;
    private long _metTpot;
    private long _metAll;

    public string Name => name;

    public double Weight => weight;

    public long Tokens => _inputTokens + _outputTokens;

    public void Arrive() => _requests++;

    public void Leave(Outcome outcome) => _outcomes[(int)outcome]++;

    public void Finish(Request request, double ttftSeconds, double tpotSeconds, in SlosMet met)
    {
        Leave(Outcome.Finished);
        _inputTokens += request.PromptTokensSent;
        _outputTokens += request.TokensToReceive;
        _ttft.Add(ttftSeconds);
        _endToEnd.Add((request.Finish - request.FirstSent).Seconds);
        if (!double.IsNaN(tpotSeconds))
        {
            _tpot.Add(tpotSeconds);
        }

        _metTtft += met.Ttft ? 1 : 0;
        _metTpot += met.Tpot ? 1 : 0;
        _metAll += met.All ? 1 : 0;
    }

    /// <summary>The figures. It ends this object's life.</summary>
    /// <param name="allTokens">Tokens of all groups.</param>
    /// <param name="seconds">What rates are relative to.</param>
    public GroupSummary Summarize(long allTokens, double seconds) =>
        new()
        {
            Name = name,
            Weight = weight,
            Requests = _requests,
            Finished = _outcomes[(int)Outcome.Finished],
            Rejected = _outcomes[(int)Outcome.Rejected],
            TimedOut = _outcomes[(int)Outcome.TimedOut],
            Failed = _outcomes[(int)Outcome.Failed],
            InputTokens = _inputTokens,
            OutputTokens = _outputTokens,
            TokenSharePercent = 100.0 * Tokens / allTokens,
            TtftSeconds = _ttft.Summarize(),
            TpotSeconds = _tpot.Summarize(),
            EndToEndSeconds = _endToEnd.Summarize(),
            TtftAttainmentPercent = 100.0 * _metTtft / _requests,
            TpotAttainmentPercent = 100.0 * _metTpot / _requests,
            AttainmentPercent = 100.0 * _metAll / _requests,
            GoodputRequestsPerSecond = _metAll / seconds,
        };
}
