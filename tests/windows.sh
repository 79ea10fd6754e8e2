#!/bin/sh
# Builds the library for Windows and runs under wine: the Rust tests of engine, state and target, and a whole job in
# the Windows build of PowerShell. Needs the tools kept beside the project, in ../shared/tools.
# The last line is "N passed, N failed"; without the tools, all of it is skipped (with SMIME_SYNC_REQUIRE=all it fails).
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
target=${CARGO_TARGET_DIR:-$root/target}
tools=$root/../shared/tools
skip() { # WHY
  echo "skipped: windows: $1"
  [ "${SMIME_SYNC_REQUIRE:-}" != all ] || { echo '0 passed, 1 failed'; exit 1; }
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
}
[ -f "$tools/windows/setup.sh" ] || skip "the tools for Windows builds are not here (../shared/tools/windows)"
mkdir -p "$target"
[ -f "$target/windows/env.sh" ] || bash "$tools/windows/setup.sh" "$target/windows" > "$target/windows-setup.log" 2>&1 \
  || skip "the tools for Windows builds can't be set up: $target/windows-setup.log"
# shellcheck disable=SC1091 # made by the line above
. "$target/windows/env.sh"
trap 'wineserver -k 2> /dev/null || :' EXIT

log=$target/windows-tests.log
windows='cargo test --target x86_64-pc-windows-gnu --features fault-injection --no-fail-fast'
$windows --lib > "$log" 2>&1 || :
$windows --test engine -- sync:: >> "$log" 2>&1 || :
passed=$(awk '/^test result: / { total += $4 } END { print total + 0 }' "$log")
failed=$(awk '/^test result: / { total += $6 } END { print total + 0 }' "$log")
grep -E 'FAILED|panicked|^error' "$log" || :
[ "$passed" -gt 0 ] || failed=$((failed + 1))

work=$target/windows-job
rm -rf "$work"
mkdir -p "$work"
cargo build --quiet --target x86_64-pc-windows-gnu --lib --example generate-directory >> "$log" 2>&1 || tail -n 5 "$log"
sh powershell/build.sh --library "$target/x86_64-pc-windows-gnu/debug/smime_sync.dll" --rid win-x64 > /dev/null
cargo build --quiet --example generate-directory
"$target/debug/examples/generate-directory" --people 100 --output "$work/directory"
windows() { printf 'Z:%s' "$1" | tr / '\\'; }
cat > "$work/job.ps1" <<JOB
\$ErrorActionPreference = 'Stop'
\$env:SMIME_SYNC_HOME = '$(windows "$work/home")'
Set-Location '$(windows "$work")'
Import-Module '$(windows "$target/module/SmimeSync")'
\$null = New-SmimeSyncProfile -Name job -Source Ldif -Path directory\\directory.ldif -TrustAnchorPath directory\\anchors -Target Folder -OutputPath out
\$null = Sync-SmimeCertificate job -WhatIf
if (Test-Path out) { throw 'the preview wrote' }
\$first = Sync-SmimeCertificate job
\$second = Sync-SmimeCertificate job
\$alice = Get-SmimeCertificate job -Identity alice@contoso.test
Set-Content -Path result.txt -Value ('{0} {1} {2} {3}' -f \$first.Result, (\$first.Exported -gt 50), \$second.Exported, \$alice[0].State)
JOB
timeout 300 "$tools/powershell/pwsh-wine" -NoProfile -File "$(windows "$work/job.ps1")" > "$work/log" 2>&1 || :
if [ "$(tr -d '\r\n' < "$work/result.txt" 2> /dev/null)" = 'Success True 0 Chosen' ]; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  tail -n 20 "$work/log"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
