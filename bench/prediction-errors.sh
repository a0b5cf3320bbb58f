#!/usr/bin/env bash
# The held-out errors of predictions by tier and class, catalog/predictions/errors.json, from tables of measured configurations.
# Usage: bench/prediction-errors.sh [--fitted IDS] FILE...
# A FILE is what llmsim validate reads: rows (.csv) or experiments (.json). IDS are of what fits have seen, which is left out.
# The file begins empty; the next build of the simulator has what is in it then.
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
errors="$root/catalog/predictions/errors.json"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fitted=()
if [[ ${1:-} == --fitted ]]; then
  fitted=(--fitted "$2")
  shift 2
fi
(($#)) || { sed -n 's/^# Usage: /usage: /p' "$0" >&2; exit 1; }

for performance in auto roofline; do
  for file in "$@"; do
    kind=--rows
    [[ $file == *.json ]] && kind=--experiments
    "$root/llmsim" validate "$kind" "$file" --performance "$performance" "${fitted[@]}" --write_errors "$work/errors.json"
  done
done
mv "$work/errors.json" "$errors"
