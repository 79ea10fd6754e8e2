#!/bin/sh
# The tests of the target in Exchange Online once more, in another flavour of the service (tests/exchange/target/flavours/):
# in all that publish, or in one that is another each day. Not those that count calls or choose a flavour themselves.
# The last line is "N passed, N failed".
# Usage: sh tests/exchange/flavours.sh all | today
set -u
cd "$(dirname "$0")/../.."
names=$(awk -F ' [|] ' '/45 of 45 [|] 20 of 20 [|] Success/ { sub(/^[|] /, ""); print $1 }' tests/data/exchange-flavours.md \
  | grep -v -e '^session' -e '^default$')
count=$(echo "$names" | grep -c .)
if [ "$count" -eq 0 ]; then
  echo "tests/data/exchange-flavours.md names no flavour that publishes" >&2
  exit 2
fi
case ${1:-} in
  all) ;;
  today) names=$(echo "$names" | sed -n "$(($(date +%s) / 86400 % count + 1))p") ;;
  limit) ;;
  *)
    echo "usage: sh tests/exchange/flavours.sh all | today | limit" >&2
    exit 2
    ;;
esac
passed=0
failed=0
if [ "$1" = limit ]; then
  # The library is optimised: twelve of it share this machine.
  export CARGO_PROFILE_DEV_OPT_LEVEL=2 SMIME_SYNC_EXCHANGE_PEOPLE=20000 SMIME_SYNC_EXCHANGE_SPEED=1
  logs=$(mktemp -d)
  trap 'rm -rf "$logs"' EXIT
  export logs
  cargo test --quiet --features fault-injection --test exchange --example exchange-online-stand-in --no-run
  # shellcheck disable=SC2016 # the inner shell's own
  printf 'default\n%s\n' "$names" | tr '\n' '\0' | xargs -0 -P "${SMIME_SYNC_AT_ONCE:-12}" -I{} sh -c '
    SMIME_SYNC_FLAVOURS=$1 cargo test --features fault-injection --test exchange -- --nocapture \
      target::volume::everybody_arrives > "$logs/$(echo "$1" | tr -c "a-zA-Z0-9\n" _)" 2>&1' - {} || true
  for log in "$logs"/*; do
    grep -hE '(recipients: .* ratio)|panicked at|instead of' "$log" | sed 's/; {.*//' || true
    if grep -q '^test result: ok. 1 passed' "$log"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
while IFS= read -r name; do
  echo "== $name"
  SMIME_SYNC_FLAVOUR=$name cargo test --features "${SMIME_SYNC_FEATURES:-fault-injection}" --test exchange --no-fail-fast -- target:: \
    --skip target::flavours --skip target::volume --skip target::session > "$log" 2>&1 < /dev/null || true
  grep -E '^(test .* FAILED|test result|error)|panicked at' "$log"
  these=$(grep '^test result: ' "$log" | awk '{ passed += $4; failed += $6 } END { print passed + 0, failed + 0 }')
  [ "$these" = '0 0' ] && these='0 1'
  passed=$((passed + ${these% *}))
  failed=$((failed + ${these#* }))
done << NAMES
$names
NAMES
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
