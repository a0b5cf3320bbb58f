#!/usr/bin/env bash
# Builds everything and runs all tests; the last line is the count. Needs the .NET 10 SDK and nothing else: the tests of pages
# run in Chromium and those of queues with nats-server, which are installed where that can be done; where not, those are skipped.
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
results="$root/.build/test-results"
command -v dotnet >/dev/null || {
  echo "test.sh: needs the .NET 10 SDK: https://dotnet.microsoft.com/download" >&2
  exit 1
}

if ! command -v chromium >/dev/null && [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
  mkdir -p "$root/.build"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } \
    >"$root/.build/chromium.log" 2>&1 || echo "test.sh: no Chromium, see .build/chromium.log: tests of pages are skipped" >&2
fi

if ! command -v nats-server >/dev/null && [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
  mkdir -p "$root/.build"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nats-server; } \
    >"$root/.build/nats-server.log" 2>&1 || echo "test.sh: no nats-server, see .build/nats-server.log: tests of queues are skipped" >&2
fi

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
rm -rf "$results"
dotnet build LlmSim.slnx --configuration Release --verbosity quiet

failed_run=0
dotnet test --solution LlmSim.slnx --configuration Release --no-build --report-trx --results-directory "$results" || failed_run=1

# A reporter that died leaves no count, so the reports are counted rather than believed.
count() {
  # No match is a count of zero, not an error.
  { find "$results" -name '*.trx' -exec grep -oh "<UnitTestResult [^>]*outcome=\"$1\"" {} + 2>/dev/null || true; } | wc -l
}
passed=$(count Passed)
failed=$(count Failed)
skipped=$(count NotExecuted)
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed_run -eq 0 && $failed -eq 0 && $passed -gt 0 ]]
