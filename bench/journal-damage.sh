#!/usr/bin/env bash
# Damages the journal of a sweep, resumes it and compares: 1,000 flipped bits, 200 truncations, 200 zeroed pages or sectors. Each must
# give the same results or a clear error.
# Usage: bench/journal-damage.sh [FLIPS]     FLIPS: 1000 by default; a fifth of it are cut off, and a fifth zeroed
set -euo pipefail

cd "$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export LLMSIM_JOURNAL_FLIPS="${1:-1000}"
dotnet run --project tests/LlmSim.Tests -c Release -- --filter-class '*JournalDamageTests' --show-live-output on
