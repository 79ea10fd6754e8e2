#!/bin/sh
# Kills runs at random moments of import, plan and export; the next run must end in the published state of an
# undisturbed one, with nothing left in flight.
# Usage: crash.sh [KILLS] [SEED]. The last line is "N passed, N failed"; a kill that came too late is none.
set -eu
cd "$(dirname "$0")/../.."
kills=${1:-20}
seed=${2:-$(date +%N | sed 's/^0*//')}
people=${SMIME_SYNC_CRASH_PEOPLE:-600}
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$target/crash
rm -rf "$work"
mkdir -p "$work"

cargo build --quiet --lib --example generate-directory
sh tests/c/drive.sh "$target/debug" "$work/drive"
generate() { "$target/debug/examples/generate-directory" --people "$people" --output "$work/$1" --kinds "$2"; }
generate good good
generate mixed mixed

# The published state is compared by file, so every run publishes into the same place.
profile() { # DIRECTORY: a profile whose limits let every change through, and that tries the whole plan
  printf '{"Operation":"NewProfile","Force":true,"Profile":{"Name":"crash","Source":"Ldif","Path":"%s","Target":"Folder","OutputPath":"%s","TrustAnchorPath":["%s"],"RemovalLimit":1000000,"RemovalPercent":100,"ReplacementLimit":1000000,"ReplacementPercent":100}}' \
    "$work/now/directory.ldif" "$work/out" "$work/mixed/anchors" >"$work/profile.json"
  rm -rf "$work/now"
  cp -R "$work/$1" "$work/now"
  "$work/drive" --home "$work/home" "$work/profile.json" >/dev/null
}
printf '{"Operation":"Sync","ProfileName":"crash"}' >"$work/sync.json"
sync() { "$work/drive" --home "$work/home" --json "$work/sync.json" >"$work/output" 2>&1; }
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

begin() { # first | update | lost: the state before the run that is killed; lost: what is published nobody remembers
  rm -rf "$work/home" "$work/out"
  if [ "$1" = first ]; then
    profile good
    return
  fi
  cp -R "$work/synced/out" "$work/out"
  [ "$1" = lost ] || cp -R "$work/synced/home" "$work/home"
  profile mixed
}

reference() { # first | update | lost: what an undisturbed run publishes, and how long it takes
  begin "$1"
  before=$(milliseconds)
  sync
  echo $(($(milliseconds) - before)) >"$work/$1.time"
  cp -R "$work/out" "$work/$1.out"
}
mkdir "$work/synced"
reference first
cp -R "$work/home" "$work/out" "$work/synced/"
reference update
reference lost

passed=0 failed=0 late=0 done=0
while [ "$done" -lt "$kills" ]; do
  case $((done % 3)) in 0) kind=first ;; 1) kind=update ;; *) kind=lost ;; esac
  begin "$kind"
  seed=$(((seed * 1103515245 + 12345) % 2147483648))
  moment=$((seed / 65536 % ($(cat "$work/$kind.time") + 1)))
  "$work/drive" --home "$work/home" --json "$work/sync.json" >/dev/null 2>&1 &
  victim=$!
  sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
  if ! kill -KILL "$victim" 2>/dev/null; then
    late=$((late + 1))
    [ "$late" -le $((kills * 2)) ] || { echo 'crash.sh: hardly any kill came in time' >&2; exit 1; }
    wait "$victim" || :
    continue
  fi
  wait "$victim" 2>/dev/null || :
  done=$((done + 1))
  what="$kind, killed after $moment ms of $(cat "$work/$kind.time")"
  good=true
  sync || good=false
  grep -q '"Result":"Success"' "$work/output" || good=false
  # A file that a killed process had not moved into place yet is nobody's.
  diff -r -x '.smime-sync-*' "$work/$kind.out" "$work/out" >"$work/difference" || good=false
  sync || good=false
  grep -qE '"Exported":0,' "$work/output" || good=false
  if $good; then
    passed=$((passed + 1))
    echo "ok - $what"
  else
    failed=$((failed + 1))
    echo "not ok - $what"
    head -n 5 "$work/difference"
    tail -n 3 "$work/output" | cut -c1-400
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
