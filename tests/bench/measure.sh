#!/bin/sh
# Measures whole runs, built for release: time and peak memory of preview, first and second run from LDIF (10,000 and
# 100,000 people), and from a Samba domain controller with 2,000; module import and objects a second in PowerShell.
# Prints one line a figure, and "skipped: WHAT: WHY" for what can't be had here (with SMIME_SYNC_REQUIRE=all it fails).
# Usage: measure.sh [ldif] [samba] [powershell]
set -eu
cd "$(dirname "$0")/../.."
what=${*:-ldif samba powershell}
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$target/measure
rm -rf "$work"
mkdir -p "$work"
skip() { # WHAT WHY
  echo "skipped: $1: $2"
  [ "${SMIME_SYNC_REQUIRE:-}" != all ] || exit 1
}
[ -x /usr/bin/time ] || { skip measure '/usr/bin/time is missing (Debian: apt-get install time)'; exit 0; }

cargo build --quiet --release --lib --example generate-directory
sh tests/c/drive.sh "$target/release" "$work/drive"

measured() { # NAME HOME REQUEST [OPTIONS]: seconds and peak memory of one request
  printf '%s' "$3" > "$work/request.json"
  # shellcheck disable=SC2086 # the options hold no spaces
  /usr/bin/time -f '%e %M' -o "$work/time" "$work/drive" --home "$2" ${4:-} --json "$work/request.json" > "$work/output"
  recipients=$(grep -o '"Recipients":[0-9]*' "$work/output" | tail -n 1 | cut -d: -f2)
  awk -v name="$1" -v count="${recipients:-0}" '{ printf "%-44s %7.2f s %7.1f MB %9.0f recipients/s\n", name, $1, $2 / 1024, count / ($1 > 0 ? $1 : 0.01) }' "$work/time"
  # What the run itself says of its steps.
  grep -oE '"Message":"(Imported|Planned|Exported) [^"]* in [0-9.]+ s' "$work/output" |
    sed -E 's/.*"(Imported|Planned|Exported).* in ([0-9.]+) s/    \1 in \2 s/'
}

for one in $what; do
  case $one in
    ldif)
      for people in 10000 100000; do
        folder=$work/ldif-$people
        "$target/release/examples/generate-directory" --people "$people" --output "$folder"
        printf '{"Operation":"NewProfile","Profile":{"Name":"bench","Source":"Ldif","Path":"%s","Target":"Folder","OutputPath":"%s","TrustAnchorPath":["%s"]}}' \
          "$folder/directory.ldif" "$folder/out" "$folder/anchors" > "$work/profile.json"
        "$work/drive" --home "$folder/home" "$work/profile.json" > /dev/null
        measured "LDIF $people, preview (import and plan)" "$folder/home" '{"Operation":"Sync","ProfileName":"bench","WhatIf":true}'
        measured "LDIF $people, first run (with export)" "$folder/home" '{"Operation":"Sync","ProfileName":"bench"}'
        measured "LDIF $people, second run (nothing to do)" "$folder/home" '{"Operation":"Sync","ProfileName":"bench"}'
        printf '%-44s %7.1f MB\n' "LDIF $people, state" "$(du -k "$folder/home/state/bench.db" | awk '{ print $1 / 1024 }')"
        rm -rf "$folder/out"
      done
      ;;
    samba)
      lab=$target/lab
      if [ "$(id -u)" -ne 0 ] || ! sh tests/lab/samba.sh start "$lab" > "$work/samba.log" 2>&1; then
        skip samba 'the server needs root, and is not installed or does not start'
        continue
      fi
      sh tests/lab/people.sh "$lab" 2000 > "$work/people.log" 2>&1
      # shellcheck disable=SC1091 # made by the lab
      . "$lab/env"
      printf '{"Operation":"NewProfile","Profile":{"Name":"bench","Source":"ActiveDirectory","Server":"localhost","SearchBase":["OU=People,DC=contoso,DC=test","OU=Partners,DC=contoso,DC=test"],"ServerCertificatePath":["%s"],"Target":"Folder","OutputPath":"%s","TrustAnchorPath":["%s"]}}' \
        "$lab/tls/ca.pem" "$work/samba-out" "$lab/people/anchors" > "$work/profile.json"
      "$work/drive" --home "$work/samba-home" "$work/profile.json" > /dev/null
      export SMIME_SYNC_BENCH_PASSWORD="$LAB_USER_PASSWORD"
      sync='{"Operation":"Sync","ProfileName":"bench","Credential":{"UserName":"reader@contoso.test"}'
      secret='--secret password=SMIME_SYNC_BENCH_PASSWORD'
      measured 'Samba 2000, preview (import and plan)' "$work/samba-home" "$sync,\"WhatIf\":true}" "$secret"
      measured 'Samba 2000, first run (with export)' "$work/samba-home" "$sync}" "$secret"
      measured 'Samba 2000, second run (nothing to do)' "$work/samba-home" "$sync}" "$secret"
      sh tests/lab/samba.sh stop "$lab"
      ;;
    powershell)
      if ! pwsh=$(sh powershell/find-pwsh.sh 2> "$work/find-pwsh.log"); then
        skip powershell "$(cat "$work/find-pwsh.log")"
        continue
      fi
      command -v mcs > /dev/null || { skip powershell 'no C# compiler (Debian: apt-get install mono-mcs)'; continue; }
      sh powershell/build.sh --release > /dev/null 2>&1
      "$target/release/examples/generate-directory" --people 10000 --output "$work/ps"
      SMIME_SYNC_HOME=$work/ps/home NO_COLOR=1 "$pwsh" -NoProfile -NonInteractive -File tests/bench/module.ps1 "$target/module/SmimeSync" "$work/ps"
      ;;
  esac
done
