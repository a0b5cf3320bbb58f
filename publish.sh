#!/usr/bin/env bash
# Makes what is given to others, in dist/ ($LLMSIM_DIST): a program of one file for each system, packed; the .NET tool; the
# packages of the libraries; the wheels of the Python package. Arguments choose: binaries, tool, libraries, wheels; all of them
# without. LLMSIM_SYSTEMS="linux-x64" names systems. Needs the .NET 10 SDK, and for wheels Python with pip, setuptools and wheel.
set -euo pipefail

root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
all_systems=(linux-x64 linux-arm64 osx-arm64 win-x64)
read -ra systems <<<"${LLMSIM_SYSTEMS:-${all_systems[*]}}"
libraries=(Kernel "" OrTools Testing Experiments)
dist="${LLMSIM_DIST:-$root/dist}"
artifacts="$root/.build/publish"
# What the analyzers have to say is heard when the tests are built.
options=(-p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
version="$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)"

fail() {
  echo "publish.sh: $1" >&2
  exit 1
}

# One file with .NET inside. Compressed inside it would be half as large and take twice as long to start: the archive is packed.
binary() {
  local system="$1" folder="$artifacts/llmsim-$version-$1"
  rm -rf "$folder"
  dotnet publish src/LlmSim.Cli --configuration Release --runtime "$system" --self-contained \
    --artifacts-path "$artifacts/build" --output "$folder" --verbosity quiet \
    -p:PublishProfile=SingleFile "${options[@]}"
  if [[ $system == win-* ]]; then mv "$folder/LlmSim.Cli.exe" "$folder/llmsim.exe"; else mv "$folder/LlmSim.Cli" "$folder/llmsim"; fi
  rm -f "$folder"/*.xml "$folder"/*.pdb
  cp LICENSE "$folder"
  mkdir -p "$dist"
  if [[ $system == win-* ]]; then
    (cd "$artifacts" && python3 -m zipfile -c "$dist/llmsim-$version-$system.zip" "llmsim-$version-$system")
  else
    tar -czf "$dist/llmsim-$version-$system.tar.gz" -C "$artifacts" "llmsim-$version-$system"
  fi
}

pack() {
  dotnet pack "$@" --configuration Release --artifacts-path "$artifacts/build" --output "$dist" --verbosity quiet \
    "${options[@]}"
}

# A package for each system, and one that leads to them.
tool() {
  pack src/LlmSim.Cli -p:PackAsTool=true "-p:ToolSystems=${systems[*]}"
}

# The Python package with the program of a system, and the oldest systems that its libraries run on.
wheel() {
  local system="$1" platform program folder="$artifacts/wheel-$1"
  case "$system" in
    linux-x64) platform=manylinux_2_34_x86_64 ;;
    linux-arm64) platform=manylinux_2_34_aarch64 ;;
    osx-arm64) platform=macosx_14_0_arm64 ;;
    win-x64) platform=win_amd64 ;;
  esac
  program="$artifacts/llmsim-$version-$system"
  [[ -e $program ]] || fail "wheel of $system: make $system first"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp -r python/llmsim python/pyproject.toml python/setup.py python/README.md "$folder"
  mkdir "$folder/llmsim/bin"
  cp "$program"/llmsim* "$folder/llmsim/bin"
  LLMSIM_WHEEL_VERSION="$version" LLMSIM_WHEEL_PLATFORM="$platform" \
    "${PYTHON:-python3}" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$dist" "$folder"
}

for system in "${systems[@]}"; do
  [[ " ${all_systems[*]} " == *" $system "* ]] || fail "LLMSIM_SYSTEMS: found '$system'; allowed: ${all_systems[*]}"
done
[[ $# -gt 0 ]] || set -- binaries tool libraries wheels
for part in "$@"; do
  case "$part" in
    binaries) for system in "${systems[@]}"; do binary "$system"; done ;;
    tool) tool ;;
    wheels) for system in "${systems[@]}"; do wheel "$system"; done ;;
    libraries) for library in "${libraries[@]}"; do pack "src/LlmSim${library:+.$library}"; done ;;
    *) fail "found '$part'; allowed: binaries, tool, libraries, wheels" ;;
  esac
  echo "$part: done"
done
ls -l "$dist"
