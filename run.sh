#!/usr/bin/env bash
# The main job: what the default cluster, four prefill and four decode instances, gives on a conversation workload.
# Arguments are passed on to `llmsim run`. Builds first when it must; needs the .NET 10 SDK and nothing else.
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
results="$root/results"
mkdir -p "$results"

"$root/llmsim" run --requests_output "$results/requests.csv" --csv_output "$results/summary.csv" \
  --json "$results/summary.json" "$@"
echo
echo "Every request: results/requests.csv. The figures: results/summary.csv, results/summary.json."
