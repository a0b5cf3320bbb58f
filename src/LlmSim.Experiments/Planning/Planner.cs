namespace LlmSim.Experiments.Planning;

/// <summary>Answers a question: bounds first, then short runs that race, then long runs of the best.</summary>
/// <param name="question">What is asked.</param>
/// <param name="bound">What its workload needs at least.</param>
/// <param name="judge">Judges probes, in their order.</param>
internal sealed class Planner(
    PlanQuestion question,
    LoadBound bound,
    Func<IReadOnlyList<Probe>, IReadOnlyList<Judgement>> judge
)
{
    /// <summary>The answer; the same for a seed whatever the number of workers.</summary>
    /// <exception cref="UserErrorException">An input is wrong.</exception>
    public PlanAnswer Answer()
    {
        Search[] searches = [.. question.Shapes.SelectMany(SearchesOf)];
        Race(searches);
        if (searches is [SizeSearch or GoodputSearch, ..])
        {
            searches = Check(searches);
        }

        return new PlanAnswer(question, searches, [.. Best(searches).Select(search => search.Found!)]);
    }

    private IEnumerable<Search> SearchesOf(InstanceShape shape) =>
        question.Objective switch
        {
            PlanObjective.Rate => Sizes
                .Largest(question, shape)
                .Select(candidate => new RateSearch(question, candidate, bound)),
            PlanObjective.Goodput => Sizes
                .Largest(question, shape)
                .Select(candidate => new GoodputSearch(question, candidate, bound)),
            PlanObjective.Latency => Sizes
                .Largest(question, shape)
                .Select(candidate => new LatencySearch(question, candidate)),
            _ when question.IsExhaustive => [new ExhaustiveSearch(question, shape)],
            _ => [new SizeSearch(question, shape, bound)],
        };

    /// <summary>
    /// What short runs found is judged by long ones: the best, half as many again, and what would be among the best if it held with
    /// fewer instances, as it may in long runs. A plan shows no others.
    /// </summary>
    private Search[] Check(Search[] found)
    {
        Search[] best = [.. Best(found)];
        var most = question.Rows + (question.Rows / 2);
        var chosen = best.Take(most).ToHashSet();
        var last = best.Length > most ? best[question.Rows - 1].Score : double.PositiveInfinity;
        var checks = Array.ConvertAll(found, CheckOf);
        Race(checks);
        return checks;

        Search CheckOf(Search search)
        {
            if (search is not { Found: not null, Dropped: null })
            {
                return search;
            }

            if (search.Check(chosen.Contains(search) ? null : last) is { } check)
            {
                return check;
            }

            search.Drop("others are better");
            return search;
        }
    }

    /// <summary>
    /// Rounds of probes of all searches together. Between rounds a search is dropped when all that it could still find is worse than
    /// what as many others as are shown have found.
    /// </summary>
    private void Race(Search[] searches)
    {
        foreach (var search in searches.Where(search => !search.IsDone))
        {
            search.Advance([]);
        }

        while (Array.Exists(searches, search => !search.IsDone))
        {
            Search[] running = [.. searches.Where(search => !search.IsDone)];
            var judged = judge([.. running.SelectMany(search => search.Wanted)]);
            var next = 0;
            foreach (var search in running)
            {
                var count = search.Wanted.Count;
                search.Advance([.. judged.Skip(next).Take(count)]);
                next += count;
            }

            DropTheHeavy(searches);
        }
    }

    private void DropTheHeavy(Search[] searches)
    {
        var found = Best(searches).ToArray();
        if (question.IsExhaustive || found.Length < question.Rows)
        {
            return;
        }

        var last = found[question.Rows - 1];
        foreach (var search in searches.Where(search => !search.IsDone && search.LeastScore > last.Score))
        {
            search.Drop($"cannot be better than {last.Found!.Probe.Candidate.Name}, the last that is shown");
        }
    }

    private static IOrderedEnumerable<Search> Best(IEnumerable<Search> searches) =>
        searches
            .Where(search => search is { Found: not null, Dropped: null })
            .OrderBy(search => search.Score)
            .ThenBy(search => search.Found!.Terms.Max(term => term.Share))
            .ThenBy(search => search.Shape.Name, StringComparer.Ordinal);
}
