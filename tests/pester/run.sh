#!/bin/sh
# Runs the module's tests: tests/pester/run.sh [NAME of a test file without .Tests.ps1 ...]
# Builds the module with the points where tests may make it fail, then prints 'N passed, N failed' as the last line.
# Exit code: 0 all passed, 1 some failed, 69 no PowerShell or no Pester here (a sentence on stderr says so).
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
pwsh=$(sh "$root/powershell/find-pwsh.sh") || exit 69
target=${CARGO_TARGET_DIR:-$root/target}
sh "$root/powershell/build.sh" --features "${SMIME_SYNC_FEATURES:-fault-injection}" \
  --example generate-directory,exchange-online-stand-in
home=$target/pester
rm -rf "$home"
mkdir -p "$home"
# Everything that the tests write is in there.
export SMIME_SYNC_HOME="$home/home" SMIME_SYNC_TEST_FOLDER="$home" SMIME_SYNC_MODULE="$target/module/SmimeSync"
export SMIME_SYNC_GENERATOR="$target/debug/examples/generate-directory"
export SMIME_SYNC_STAND_IN="$target/debug/examples/exchange-online-stand-in"
export SMIME_SYNC_PWSH="$pwsh" SMIME_SYNC_ROOT="$root" NO_COLOR=1
exec "$pwsh" -NoProfile -NonInteractive -File "$here/Invoke-Tests.ps1" "$@"
