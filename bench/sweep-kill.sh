#!/usr/bin/env bash
# Kills a sweep at random moments and resumes it each time; then its results must be those of an undisturbed sweep, byte by byte,
# no point may have run twice after its commit, and no half-written file may be left.
# Usage: bench/sweep-kill.sh [KILLS [SEED]]     KILLS: 20 by default; SEED: of the moments
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
kills="${1:-20}"
RANDOM="${2:-2025}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$root/llmsim" --version >/dev/null
llmsim=(dotnet "$root/.build/llmsim/LlmSim.Cli.dll")

# 5 rates x 2 policies x 20 seeds = 200 points, each of its own simulation.
sweep=(run --request_count 1000 --lambda_arrival 0.5 1 1.5 2 2.5 --prefill_local fcfs shortest)
sweep+=(--seed $(seq 1 20) --quiet --csv_output results.csv --requests_output requests.csv)
sweep+=(--sample_queue_states --sample_memory_usage --sample_rate 0.01)

mkdir "$work/whole" "$work/killed"
(cd "$work/whole" && "${llmsim[@]}" "${sweep[@]}")

# Names and times of the files whose points are committed: they must never be written again.
committed() {
  [[ ! -e results.journal.sqlite ]] || python3 - <<'PYTHON'
import os, sqlite3
journal = sqlite3.connect("file:results.journal.sqlite?mode=rw", uri=True)
for name, size in journal.execute("SELECT name, bytes FROM files ORDER BY 1"):
    stat = os.stat(name)
    assert stat.st_size == size, name
    print(name, stat.st_ino, stat.st_mtime_ns)
PYTHON
}

# Counts without touching the journal, whose lock the sweep has.
points() { find . -name 'requests-*.csv' | wc -l; }

cd "$work/killed"
interrupted=0
for kill in $(seq "$kills"); do
  committed >"$work/before"
  "${llmsim[@]}" "${sweep[@]}" --resume &
  pid=$!
  # After so many more points, and some milliseconds; now and then before the first.
  target=$(($(points) + RANDOM % (280 / kills + 1) - 1))
  while [[ $(points) -le $target ]] && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
  sleep "0.$(printf '%03d' $((RANDOM % 100)))"
  if kill -KILL "$pid" 2>/dev/null; then interrupted=$((interrupted + 1)); fi
  wait "$pid" 2>/dev/null || true
  committed >"$work/after"
  grep -vxFf "$work/after" "$work/before" && { echo "a committed point was run again"; exit 1; }
  echo "kill $kill: $(wc -l <"$work/after") of 600 files committed, $(find . -name '*.partial' | wc -l) partial files"
done

committed >"$work/before"
"${llmsim[@]}" "${sweep[@]}" --resume
committed >"$work/after"
grep -vxFf "$work/after" "$work/before" && { echo "a committed point was run again"; exit 1; }
rm results.journal.sqlite "$work/whole/results.journal.sqlite"
diff -r "$work/whole" "$work/killed"
echo "$interrupted of $kills kills hit a running sweep; results and $(ls ./*-*.csv | wc -l) files of points are" \
  "byte-identical, no point ran twice, no file is left over"
