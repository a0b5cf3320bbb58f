#!/usr/bin/env bash
# Runs the scenarios of docs/performance.md whole, as processes, and prints their figures as a table.
#   bench/run.sh [--best-of N] [--save FILE] [--compare FILE] [--trace TRACE] [--azure TRACE] [--performance SOURCE] [SCENARIO ...]
# Scenarios: S1 to S7 (prefill and decode instances), E1 to E6 and PD (engines), mixed; all without any. E2 and E3 take --trace with the
# blocks of its prompts (Mooncake's conversation), E5 takes --azure (Azure's conversations of 2023). --best-of runs each so often and keeps the run with the least processor time, for a
# machine with noisy neighbours. --save keeps the figures, --compare shows how they differ from kept ones.
# Times of iterations are the roofline's unless --performance says otherwise: what is measured is the simulation.
# Seconds are processor seconds of the simulation once it runs, so that other work on the machine disturbs least. "late" is its last
# third or more, when the runtime has compiled what it will.
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
tries=1 save="" compare="" trace="" azure="" performance=roofline scenarios=()
while (($#)); do
  case "$1" in
    --best-of) tries="$2"; shift 2 ;;
    --save) save="$2"; shift 2 ;;
    --compare) compare="$2"; shift 2 ;;
    --trace) trace="$2"; shift 2 ;;
    --azure) azure="$2"; shift 2 ;;
    --performance) performance="$2"; shift 2 ;;
    S[1-7] | E[1-6] | PD | mixed) scenarios+=("$1"); shift ;;
    *) echo "bench/run.sh: found '$1'; allowed: --best-of N, --save FILE, --compare FILE, --trace TRACE, --azure TRACE, --performance SOURCE, S1 to S7, E1 to E6, PD, mixed" >&2; exit 1 ;;
  esac
done
[[ $tries =~ ^[1-9][0-9]*$ ]] || { echo "bench/run.sh: --best-of: found '$tries'; allowed: a number from 1" >&2; exit 1; }
((${#scenarios[@]})) || scenarios=(S1 S2 S3 S4 S5 S6 E1 E2 E3 E4 E5 E6 PD mixed S7)

figures="$work/figures.tsv"
row='%-22s %11s %12s %11s %8s %8s %9s %9s %7s %8s\n'
"$root/llmsim" --version >/dev/null

number() { sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p" "$work/result.json" | head -1; }

# name, then the options of the run
scenario() {
  local try cells
  : >"$work/tries"
  for ((try = 0; try < tries; try++)); do measure "$@"; done
  sort -t $'\t' -k 5,5g "$work/tries" | head -1 >>"$figures"
  IFS=$'\t' read -r -a cells < <(tail -1 "$figures")
  printf "$row" "${cells[@]}"
}

measure() {
  local name="$1" wall peak requests simulated cpu late_requests late_cpu
  shift
  /usr/bin/time -f '%e %M' -o "$work/process" "$root/llmsim" run --quiet --timing --performance "$performance" --json "$work/result.json" "$@" \
    2>"$work/timing"
  read -r wall peak <"$work/process"
  local time='\([0-9]*\) requests in \([0-9.]*\) s, \([0-9.]*\) s of processor time'
  read -r requests simulated cpu late_requests _ late_cpu < \
    <(sed -n "s/^timing: $time; late: $time\$/\1 \2 \3 \4 \5 \6/p" "$work/timing")
  awk -v name="$name" -v requests="$requests" -v simulated="$simulated" -v cpu="$cpu" \
    -v late_requests="$late_requests" -v late_cpu="$late_cpu" -v wall="$wall" -v peak="$peak" \
    -v all="$(number finished)" -v events="$(number events)" -v iterations="$(number decode_iterations)" 'BEGIN {
      rate = cpu > 0 ? requests / cpu : 0
      printf "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\n", name, rate, rate * iterations / all, \
        events, cpu, simulated, wall, peak / 1024, (rate > 0 ? 1e9 / rate : 0), \
        (late_requests > 0 ? 1e9 * late_cpu / late_requests : 0)
    }' >>"$work/tries"
}

cluster() { # instances
  jq -n --argjson n "$1" '[range($n) | {hardware: "NVIDIA_H100_SXM", tp_size: 4}]' 2>/dev/null ||
    awk -v n="$1" 'BEGIN { printf "["; for (i = 0; i < n; i++) printf "%s{\"hardware\":\"NVIDIA_H100_SXM\",\"tp_size\":4}", i ? "," : ""; print "]" }'
}

engines() { # count, hardware, tp, other fields
  echo "[{\"role\": \"mixed\", \"hardware\": \"$2\", \"tp_size\": $3, \"count\": $1${4:+, $4}}]" >"$work/engines.json"
}

# A trace ten times over, without its times, sent at its own mean rate: what the runtime compiles is then a small part.
ten_times() { # trace
  local i
  for i in 1 2 3 4 5 6 7 8 9 10; do
    case "$1" in
      *.csv) if ((i == 1)); then cut -d , -f 2- "$1"; else tail -n +2 "$1" | cut -d , -f 2-; fi ;;
      *) sed 's/"timestamp": *[0-9.]*, *//' "$1" ;;
    esac
  done
}

lengths=(--request_source lognormal --input_mean 1000 --output_mean 250)
policies() { # global, local
  echo --prefill_global "$1" --decode_global "$1" --prefill_local "$2" --decode_local "$2"
}

run() {
  case "$1" in
    S1) scenario S1 "${lengths[@]}" $(policies round_robin fcfs) --lambda_arrival 60 --request_count 1000000 ;;
    S2)
      local path="${trace:-$(ls "$root"/traces/*.jsonl* | head -1)}"
      scenario "S2 trace, CSV" --trace_path "$path" --requests_output "$work/requests.csv"
      ;;
    S3)
      for count in 100000 1000000 10000000; do
        scenario "S3 $count" "${lengths[@]}" $(policies round_robin fcfs) --lambda_arrival 60 --request_count "$count"
      done
      ;;
    # Ten times the output fills the KV memory of decode, which is then what limits: 80 % of its capacity.
    S4)
      scenario "S4 output 2500" --request_source lognormal --input_mean 1000 --output_mean 2500 \
        $(policies round_robin fcfs) --lambda_arrival 4 --request_count 1000000
      ;;
    S5)
      for policy in round_robin lowest_load; do
        for stage in 4 256; do
          cluster "$stage" >"$work/cluster.json"
          scenario "S5 $((2 * stage)) $policy" "${lengths[@]}" $(policies "$policy" fcfs) --request_count 1000000 \
            --lambda_arrival $((15 * stage)) --prefill_config "$work/cluster.json" --decode_config "$work/cluster.json"
        done
      done
      ;;
    E1)
      engines 8 NVIDIA_H100_SXM 4
      scenario "E1 8 engines" "${lengths[@]}" $(policies least_requests fcfs) --lambda_arrival 60 --request_count 1000000 --cluster "$work/engines.json"
      ;;
    E2 | E3)
      local path="${trace:-$(ls "$root"/traces/*.jsonl* | head -1)}" caching=true
      [[ $1 == E2 ]] || caching=false
      ten_times "$path" >"$work/ten.jsonl"
      for chunk in 512 2048; do
        engines 8 NVIDIA_H100_SXM 4 "\"engine\": {\"prefix_caching\": $caching, \"max_num_batched_tokens\": $chunk}"
        scenario "$1 trace, chunk $chunk" --trace_path "$work/ten.jsonl" --arrivals poisson --lambda_arrival 3.4 --cluster "$work/engines.json"
      done
      ;;
    E4)
      engines 4 NVIDIA_H100_SXM 1
      for rate in 10 40 100; do
        scenario "E4 512/256, $rate/s" --model meta-llama/Llama-3.1-8B --request_source uniform --input_len 512 --output_len 256 \
          --lambda_arrival "$rate" --request_count 1000000 --cluster "$work/engines.json"
      done
      ;;
    E5)
      if [[ -z $azure ]]; then echo "E5: left out, it needs --azure"; return; fi
      ten_times "$azure" >"$work/ten.csv"
      engines 4 NVIDIA_A100_80G 4 '"engine": {"max_num_batched_tokens": 512}'
      scenario "E5 Azure, chunk 512" --trace_path "$work/ten.csv" --arrivals poisson --lambda_arrival 5.5 --cluster "$work/engines.json"
      ;;
    E6)
      for count in 8 512; do
        engines "$count" NVIDIA_H100_SXM 4
        scenario "E6 $count engines" "${lengths[@]}" $(policies lowest_load fcfs) --lambda_arrival $((15 * count / 2)) --request_count 400000 \
          --cluster "$work/engines.json"
      done
      ;;
    PD)
      echo '[{"role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 4, "engine": {}}, {"role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 4, "engine": {}}]' >"$work/engines.json"
      scenario "PD 4 + 4 engines" "${lengths[@]}" $(policies lowest_load fcfs) --lambda_arrival 20 --request_count 400000 --cluster "$work/engines.json"
      ;;
    # Eight engines that prefill and decode, at about the load of S1; the cost is by iteration and request there.
    mixed)
      echo '[{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 8}]' >"$work/cluster.json"
      scenario "mixed, 8 engines" "${lengths[@]}" $(policies least_requests fcfs) --lambda_arrival 60 --request_count 100000 \
        --cluster "$work/cluster.json"
      ;;
    # Sixteen points of a million requests, on one worker and on two, in turns.
    S7)
      for jobs in 1 2 1 2; do
        rm -f "$work/sweep$jobs"*
        /usr/bin/time -f "S7 16 points, $jobs worker(s): %e s, %U s of processor time, %M KiB" "$root/llmsim" run --quiet \
          --performance "$performance" "${lengths[@]}" $(policies round_robin fcfs) --lambda_arrival 60 --request_count 1000000 --seed $(seq 16) \
          --n_jobs "$jobs" --checkpoint_path "$work/sweep$jobs" --csv_output "$work/sweep$jobs.csv" 2>&1 | tail -1
      done
      cmp "$work/sweep1.csv" "$work/sweep2.csv"
      ;;
    S6) scenario "S6 overload" "${lengths[@]}" $(policies lowest_load shortest) --lambda_arrival 150 --request_count 1000000 ;;
  esac
}

printf "$row" scenario requests/s iterations/s events "cpu s" "wall s" "process s" "peak MiB" ns/req "ns late"
for name in "${scenarios[@]}"; do run "$name"; done

if [[ -n $compare ]]; then
  echo
  echo "requests/s of processor time, now / in $compare:"
  awk -F'\t' 'NR == FNR { before[$1] = $2; next } $1 in before && before[$1] > 0 { printf "%-22s %6.2f\n", $1, $2 / before[$1] }' \
    "$compare" "$figures"
fi
if [[ -n $save ]]; then cp "$figures" "$save"; fi
