#!/usr/bin/env bash
# The held-out errors of predictions by tier and class, catalog/predictions/errors.json, from tables of measured configurations.
# Usage: bench/prediction-errors.sh [--fitted IDS] FILE...
# A FILE is what llmsim validate reads: rows (.csv) or experiments (.json). IDS are of what fits have seen, which is left out where something
# fitted predicts; nothing was fitted for the roofline. The file begins empty; the next build of the simulator has what is in it then.
# Dense models under open loops from kernels are taken out at the end: half of those experiments gave vLLM's request_seconds.
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
errors="$root/catalog/predictions/errors.json"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
ids=
if [[ ${1:-} == --fitted ]]; then
  ids="$2"
  shift 2
fi
(($#)) || { sed -n 's/^# Usage: /usage: /p' "$0" >&2; exit 1; }

for performance in auto roofline; do
  for file in "$@"; do
    kind=--rows
    [[ $file == *.json ]] && kind=--experiments
    fitted=()
    # A file that has none of the ids was not fitted to.
    if [[ -n $ids && $performance == auto ]] && grep -qwFf <(cut -d, -f1 "$ids" | grep -vx id) "$file"; then
      fitted=(--fitted "$ids")
    fi
    "$root/llmsim" validate "$kind" "$file" --performance "$performance" "${fitted[@]}" --write_errors "$work/errors.json"
  done
done
python3 - "$work/errors.json" "$errors" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as file:
    content = json.load(file)
content["errors"] = [one for one in content["errors"] if (one["tier"], one["family"], one["load"]) != ("kernels", "dense", "open")]
with open(sys.argv[2], "w") as file:
    json.dump(content, file, indent=2, ensure_ascii=False)
    file.write("\n")
PYTHON
