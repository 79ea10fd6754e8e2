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
  *)
    echo "usage: sh tests/exchange/flavours.sh all | today" >&2
    exit 2
    ;;
esac
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
while IFS= read -r name; do
  echo "== $name"
  SMIME_SYNC_FLAVOUR=$name cargo test --features fault-injection --test exchange --no-fail-fast -- target:: \
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
