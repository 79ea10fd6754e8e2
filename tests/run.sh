#!/bin/sh
# Installs what is missing and runs every test: Rust, Samba and OpenLDAP, the C interface, crashes, PowerShell.
# The last line is "N passed, N failed", with ", N skipped" where something could not be had here.
# With SMIME_SYNC_REQUIRE=all anything that is missing fails the run.
set -u
cd "$(dirname "$0")/.."
root=$(pwd)
target=${CARGO_TARGET_DIR:-$root/target}
logs=$target/test-logs
mkdir -p "$logs"
passed=0
failed=0
skipped=0
export CARGO_TERM_COLOR=never

add() { # PASSED FAILED
  passed=$((passed + $1))
  failed=$((failed + $2))
}

sum() { # REGEX FIELD FILE: adds the numbers in that field of the lines that match
  grep -E "$1" "$3" | awk -v field="$2" '{ gsub(",", ""); total += $field } END { print total + 0 }'
}

# Runs it, and adds what its closing lines count; a bad end without a count is one failure, and the exit code 69 says that
# something could not be had here.
step() { # NAME COMMAND...
  name=$1
  shift
  printf '== %s\n' "$name"
  began=$(date +%s)
  code=0
  "$@" > "$logs/$name.log" 2>&1 || code=$?
  if [ "$code" -eq 69 ]; then
    missing "$name" "$(tail -n 1 "$logs/$name.log")"
    return
  fi
  cargo_line='^test result: '
  plain_line='^[0-9]+ passed, [0-9]+ failed'
  these_passed=$(sum "$cargo_line" 4 "$logs/$name.log")
  these_failed=$(sum "$cargo_line" 6 "$logs/$name.log")
  line=$(grep -E "$plain_line" "$logs/$name.log" | tail -n 1)
  if [ -n "$line" ]; then
    these_passed=$(echo "$line" | awk '{ print $1 + 0 }')
    these_failed=$(echo "$line" | awk '{ print $3 + 0 }')
    skipped=$((skipped + $(echo "$line" | awk '{ print $5 + 0 }')))
  fi
  if [ "$these_passed" -eq 0 ] && [ "$these_failed" -eq 0 ] && [ "$code" -eq 0 ]; then these_passed=1; fi
  if [ "$code" -ne 0 ] && [ "$these_failed" -eq 0 ]; then these_failed=1; fi
  add "$these_passed" "$these_failed"
  grep '^skipped: ' "$logs/$name.log" | sed 's/^/   /'
  printf '   %s passed, %s failed in %s s (%s)\n' "$these_passed" "$these_failed" "$(($(date +%s) - began))" "$logs/$name.log"
  if [ "$these_failed" -ne 0 ]; then
    grep -nE 'FAILED|panicked|^error|^not ok|\[-\]|Expected' "$logs/$name.log" | head -n 40
    tail -n 25 "$logs/$name.log"
  fi
}

missing() { # WHAT WHY
  if [ "${SMIME_SYNC_REQUIRE:-}" = all ]; then
    printf '== %s: missing, and everything is required: %s\n' "$1" "$2"
    add 0 1
  else
    printf '== %s: skipped: %s\n' "$1" "$2"
    skipped=$((skipped + 1))
  fi
}

sh tests/install.sh all

step format cargo fmt --check
step clippy cargo clippy --quiet --all-targets --features fault-injection,lab,lab-pair,openldap -- -D warnings

features=fault-injection
stop_servers() {
  sh tests/lab/samba.sh stop "$target/lab"
  sh tests/lab/samba-pair.sh stop "$target/lab-pair"
  sh tests/lab/openldap.sh stop "$target/openldap"
}
trap 'stop_servers > /dev/null 2>&1' EXIT
trap 'exit 130' INT TERM

server() { # SCRIPT FEATURE VARIABLE: starts a directory server; its tests belong to the run then
  folder=$target/$2
  if [ "$(id -u)" -ne 0 ]; then
    missing "$2" 'the ports and networks of the servers need root'
  elif sh "tests/lab/$1" start "$folder" > "$logs/$2.log" 2>&1; then
    features=$features,$2
    export "$3=$folder"
  else
    tail -n 5 "$logs/$2.log"
    missing "$2" 'the server is not installed or does not start'
  fi
}
server samba.sh lab SMIME_SYNC_LAB
server samba-pair.sh lab-pair SMIME_SYNC_LAB_PAIR
server openldap.sh openldap SMIME_SYNC_OPENLDAP
# Where the realms of these servers are; for the tests' own processes alone.
KRB5_CONFIG=$root/tests/lab/krb5.conf
export KRB5_CONFIG
step rust cargo test --features "$features" --no-fail-fast
# What follows takes the library as it was built here.
SMIME_SYNC_FEATURES=$features
export SMIME_SYNC_FEATURES
# The flavour of Exchange Online whose turn it is today.
step exchange-flavour sh tests/exchange/flavours.sh today
step c sh tests/c/run.sh
case $features in
  *openldap*) step without-kerberos sh tests/c/without_kerberos.sh "$target/c/drive" "$SMIME_SYNC_OPENLDAP" ;;
esac
step crash sh tests/c/crash.sh 20
if pwsh=$(sh powershell/find-pwsh.sh 2> "$logs/find-pwsh.log"); then
  SMIME_SYNC_PWSH=$pwsh
  export SMIME_SYNC_PWSH
  step powershell sh tests/pester/run.sh
else
  missing powershell "$(cat "$logs/find-pwsh.log")"
fi

echo
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
