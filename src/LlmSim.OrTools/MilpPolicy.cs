using System.Globalization;
using Google.OrTools.Sat;
using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.OrTools;

/// <summary>
/// The on-time problem as an integer program, solved by Google OR-Tools' CP-SAT: for users who want to change the program.
/// It reaches the same number of requests on time as moore_hodgson, but may choose other ones.
/// </summary>
/// <remarks>
/// <para>
/// x_i = 1 when job i is on time; jobs in order of deadline, p_i the prefill time, s_i the time until the deadline:
/// maximise Σ x_i subject to Σ_{k ≤ i} p_k x_k ≤ s_i for all i. The usual model has a binary for the order of each pair
/// of jobs and big-M terms that lift a constraint when it does not apply. Neither is needed: a set that can be on time is
/// on time in order of deadline, so the order is fixed; and the constraint of a job that is not in the set follows from
/// that of the last job before it that is, whose deadline is no later.
/// </para>
/// <para>
/// The limit is CP-SAT's deterministic time, and it searches on one thread: a limit in wall-clock time would make results
/// depend on the load of the machine.
/// </para>
/// </remarks>
[Policy(
    "milp",
    Decisions = PolicyDecisions.PrefillLocal,
    Summary = "as moore_hodgson, by integer programming with a time limit"
)]
internal sealed class MilpPolicy : OnTimePolicy, ICountingPolicy
{
    private long _searches;
    private long _limitHits;

    [PolicyOption(
        "time_limit",
        Min = 0.0001,
        Max = 3600,
        Summary = "limit of one search, in deterministic seconds (work that takes about a second)"
    )]
    public double TimeLimit { get; set; } = 1;

    public IEnumerable<KeyValuePair<string, long>> Counters =>
        [new("searches", _searches), new("limit_hits", _limitHits)];

    protected override int FirstOfLargestOnTimeSet(List<OnTimeJob> jobs)
    {
        if (AllOnTime(jobs))
        {
            return 0;
        }

        _searches++;
        return Search(jobs);
    }

    private static bool AllOnTime(List<OnTimeJob> jobs)
    {
        var finish = 0L;
        foreach (var job in jobs)
        {
            finish = checked(finish + job.PrefillNanoseconds);
            if (finish > job.SlackNanoseconds)
            {
                return false;
            }
        }

        return true;
    }

    // OR-Tools appears in this method alone, so that its libraries load at the first search and not before.
    private int Search(List<OnTimeJob> jobs)
    {
        var model = new CpModel();
        var onTime = jobs.Select(_ => model.NewBoolVar("")).ToArray();
        var longestSchedule = jobs.Sum(job => job.PrefillNanoseconds);
        for (var i = 0; i < jobs.Count; i++)
        {
            var finish = LinearExpr.WeightedSum(
                onTime.Take(i + 1),
                jobs.Take(i + 1).Select(job => job.PrefillNanoseconds)
            );
            // A deadline may be as far away as the clock reaches; the solver wants sums that cannot overflow.
            model.AddLinearConstraint(finish, 0, Math.Min(jobs[i].SlackNanoseconds, longestSchedule));
        }

        model.Maximize(LinearExpr.Sum(onTime));

        // With its presolve, CP-SAT 9.15 calls sets optimal that are not (the tests show it, google/or-tools issue 5293
        // reports the like); without, it is also faster.
        var solver = new CpSolver
        {
            StringParameters = string.Create(
                CultureInfo.InvariantCulture,
                $"num_workers:1 cp_model_presolve:false max_deterministic_time:{TimeLimit:R}"
            ),
        };
        var status = solver.Solve(model);
        Invariant.Require(
            status is CpSolverStatus.Optimal or CpSolverStatus.Feasible or CpSolverStatus.Unknown,
            $"milp: nobody on time is a solution, yet the solver says {status}"
        );
        if (status is not CpSolverStatus.Optimal)
        {
            _limitHits++;
        }

        return status is CpSolverStatus.Optimal or CpSolverStatus.Feasible
            ? Array.FindIndex(onTime, solver.BooleanValue)
            : -1;
    }
}
