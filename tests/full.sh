#!/bin/sh
# What takes long: 300 killed runs, 20,000 recipients published to Exchange, many more random inputs for parsers
# and planners, a soak, and the benchmarks.
# The last line is "N passed, N failed". About 20 minutes.
set -u
cd "$(dirname "$0")/.."
logs=${CARGO_TARGET_DIR:-target}/full-logs
mkdir -p "$logs"
sh tests/install.sh all
passed=0
failed=0

step() { # NAME COMMAND...
  name=$1
  shift
  printf '== %s\n' "$name"
  if "$@" > "$logs/$name.log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  tail -n 8 "$logs/$name.log"
}

step crash sh tests/c/crash.sh 200
step crash-large env SMIME_SYNC_CRASH_PEOPLE=5000 sh tests/c/crash.sh 20
# Publishing to Exchange: 20,000 recipients within 3,000 commands a minute, and 100 kills in the middle of a batch.
exchange='cargo test --features fault-injection --test exchange -- --nocapture'
# The clock runs faster than this machine works, so the library is optimised.
step exchange-limit env CARGO_PROFILE_DEV_OPT_LEVEL=2 SMIME_SYNC_EXCHANGE_PEOPLE=20000 SMIME_SYNC_EXCHANGE_SPEED=5 $exchange target::volume::everybody_arrives
step exchange-killed env SMIME_SYNC_KILLS=100 $exchange target::killed
# Parsers with two hundred times the usual inputs, everything else with ten times.
step parsers-inside env PROPTEST_CASES=51200 cargo test --lib
step parsers env PROPTEST_CASES=51200 cargo test --test engine --test directory --test abi -- certificate::properties source::ldif source::csv requests::
step random env PROPTEST_CASES=2560 cargo test --no-fail-fast
step evaluate cargo bench --bench evaluate
step windows sh tests/windows.sh
step measure sh tests/bench/measure.sh

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
