#!/usr/bin/env bash
# What each option of the semantics does by itself: the table of docs/validation.md.
# Usage: bench/semantics-table.sh [arguments of llmsim run, such as --trace_path FILE --lambda_arrival 1.66]
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cluster=(--prefill_config "$root/configs/prefill_config.json" --decode_config "$root/configs/decode_config.json")

row() {
  local name="$1"
  shift
  "$root/llmsim" run --quiet --performance roofline "${cluster[@]}" --csv_output "$work/summary.csv" "$@" >/dev/null
  awk -F, -v name="$name" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    {
      printf "| %s | %.3f | %.3f | %.2f | %.3f | %.1f | %.1f | %d |\n", name,
        $column["ttft_mean"], $column["ttft_p99"], 1000 * $column["tpot_mean"], $column["e2e_mean"],
        100 * $column["prefill_utilization"], 100 * $column["decode_utilization"], $column["evictions"]
    }' "$work/summary.csv"
}

echo "| semantics | TTFT mean s | TTFT p99 s | TPOT mean ms | E2E mean s | prefill busy % | decode busy % | evictions |"
echo "|---|---|---|---|---|---|---|---|"
row "standard" "$@"
"$root/llmsim" semantics | awk 'NR > 1 && $1 ~ /^[a-z_]+$/ && NF > 3 && $2 ~ /^[a-z_]+$/ && $3 ~ /^[a-z_]+$/ && /^[a-z]/ { print $1, $3 }' |
  while read -r option value; do
    row "$option = $value" "--$option" "$value" "$@"
  done
row "reference" --semantics reference "$@"
