#!/usr/bin/env bash
# Kills a plan at random moments and starts it again each time; then its answer must be that of an undisturbed plan, byte by byte.
# Usage: bench/plan-kill.sh [KILLS [SEED]]     KILLS: 10 by default; SEED: of the moments
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
kills="${1:-10}"
RANDOM="${2:-2025}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$root/llmsim" --version >/dev/null
llmsim=(dotnet "${LLMSIM_DLL:-$root/.build/llmsim/LlmSim.Cli.dll}")
plan=(plan --model unsloth/Llama-3.3-70B-Instruct --precision fp8 --workload chat --lambda_arrival 10)
plan+=(--slo "ttft_p99<1s, tpot_p99<50ms" --hardware H100 H200 MI300X --quiet --output)

cd "$work"
start=$(date +%s%N)
"${llmsim[@]}" "${plan[@]}" whole
took=$((($(date +%s%N) - start) / 1000000))
hit=0
for kill in $(seq "$kills"); do
  "${llmsim[@]}" "${plan[@]}" killed &
  sleep "$(awk -v ms=$((RANDOM % (took + 1))) 'BEGIN { print ms / 1000 }')"
  if kill -9 $! 2>/dev/null; then hit=$((hit + 1)); fi
  wait $! 2>/dev/null || true
done
"${llmsim[@]}" "${plan[@]}" killed
for file in plan.csv plan.json; do cmp "whole/$file" "killed/$file"; done
diff <(cd whole && ls) <(cd killed && ls)
echo "$hit of $kills kills hit a running plan; the answer is the same"
