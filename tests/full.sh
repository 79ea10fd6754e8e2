#!/bin/sh
# What takes long: more than 300 killed runs, 20,000 recipients published to Exchange in each flavour of it, 200,000 listed,
# many more random inputs for parsers and planners, 10,000 histories of addresses that change hands, 1,000 of the whole
# engine, a soak, and the benchmarks.
# The last line is "N passed, N failed", with ", N skipped" where something could not be had here; a line "skipped: WHAT:
# WHY" names each. With SMIME_SYNC_REQUIRE=all anything that is missing fails the run. Some two hours.
set -u
cd "$(dirname "$0")/.."
logs=${CARGO_TARGET_DIR:-target}/full-logs
mkdir -p "$logs"
sh tests/install.sh all
passed=0
failed=0
skipped=0

step() { # NAME COMMAND...: one that skipped all it has is not counted as passed
  name=$1
  shift
  printf '== %s\n' "$name"
  code=0
  "$@" > "$logs/$name.log" 2>&1 || code=$?
  skipped=$((skipped + $(grep -c '^skipped: ' "$logs/$name.log")))
  if [ "$code" -ne 0 ]; then
    failed=$((failed + 1))
  elif ! grep -q '^0 passed, 0 failed, ' "$logs/$name.log"; then
    passed=$((passed + 1))
  fi
  tail -n 8 "$logs/$name.log"
}

step crash sh tests/c/crash.sh 200
step crash-large env SMIME_SYNC_CRASH_PEOPLE=5000 sh tests/c/crash.sh 20
# Publishing to Exchange: 20,000 recipients within 3,000 commands a minute in every flavour of the service that publishes
# (some 50 minutes), and 100 kills in the middle of a batch.
exchange='cargo test --features fault-injection --test exchange -- --nocapture'
step exchange-limit sh tests/exchange/flavours.sh limit
# All flavours: what a run does in each, and the tests of the target in each that publishes.
step exchange-flavours env SMIME_SYNC_FLAVOURS=all $exchange target::flavours
step exchange-in-flavours sh tests/exchange/flavours.sh all
# A list of 200,000 mailboxes with a slow, a late and a too large page, and its memory.
step exchange-lists env CARGO_PROFILE_DEV_OPT_LEVEL=2 SMIME_SYNC_LIST_PEOPLE=200000 $exchange online::large
step exchange-killed env SMIME_SYNC_KILLS=100 $exchange target::killed
# Parsers with two hundred times the usual inputs, everything else with ten times.
step parsers-inside env PROPTEST_CASES=51200 cargo test --lib
step parsers env PROPTEST_CASES=51200 cargo test --test engine --test directory --test abi -- certificate::properties source::ldif source::csv requests::
# Addresses that change hands: ten thousand histories with crashes between any two changes of files. Not on a disk: each
# of some hundred thousand runs waits for it several times.
memory=${TMPDIR:-/tmp}
[ -d /dev/shm ] && memory=/dev/shm
# Clocks that jump, lost states, old and cut files, killed runs, from a file to a folder.
step histories env TMPDIR="$memory" SMIME_SYNC_HISTORIES=1000 cargo test --features fault-injection --test engine -- whole::no_history
step permutations env TMPDIR="$memory" SMIME_SYNC_HISTORIES=10000 cargo test --features fault-injection --test engine -- sync::permutations
step random env PROPTEST_CASES=2560 cargo test --no-fail-fast
# 300 states with random damage, and 200 reads that fail.
step damage env SMIME_SYNC_DAMAGE=300 cargo test --features fault-injection --test engine -- --nocapture sync::damage
step evaluate cargo bench --bench evaluate
step worst-case cargo bench --bench worst_case
step windows sh tests/windows.sh
step measure sh tests/bench/measure.sh
step measure-directory sh tests/bench/directory.sh

if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
