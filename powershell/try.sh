#!/bin/sh
# Shows SmimeSync at work: builds it, makes a directory of 1,000 people as an LDIF file, previews, syncs to a folder,
# shows reasons, then changes ten people and syncs again. Everything it makes is under target/.
#   try.sh [PEOPLE]
# Where no PowerShell, or no C# compiler, can be had, the same job is shown through the C interface.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
people=${1:-1000}
target=${CARGO_TARGET_DIR:-$root/target}

sh tests/install.sh try
pwsh=$(sh powershell/find-pwsh.sh) || exec sh tests/c/try.sh "$people"
command -v mcs > /dev/null || { echo 'try.sh: no C# compiler for the module (Debian: apt-get install mono-mcs)' >&2; exec sh tests/c/try.sh "$people"; }
sh powershell/build.sh --example generate-directory

home=$target/try
rm -rf "$home"
mkdir -p "$home"
SMIME_SYNC_HOME=$home/home SMIME_SYNC_GENERATOR=$target/debug/examples/generate-directory
export SMIME_SYNC_HOME SMIME_SYNC_GENERATOR
[ -t 1 ] || export NO_COLOR=1
exec "$pwsh" -NoProfile -NonInteractive -File powershell/try.ps1 -ModulePath "$target/module/SmimeSync" -Folder "$home" -People "$people"
