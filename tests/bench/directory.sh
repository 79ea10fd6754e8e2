#!/bin/sh
# Measures an LDAP directory as a source beside OpenLDAP's own ldapsearch: 20,000 and 100,000 people in slapd, read over
# LDAPS by both. Prints seconds, processor seconds, peak memory, bytes on the loopback interface, and the ratio; then what a
# run costs after 0, 1 and 1,000 changes. "skipped: WHAT: WHY" is what can't be had here (with SMIME_SYNC_REQUIRE=all it fails).
# Usage: directory.sh [PEOPLE ...]
set -eu
cd "$(dirname "$0")/../.."
sizes=${*:-20000 100000}
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$target/bench-directory
skip() { # WHY
  echo "skipped: directory: $1"
  [ "${SMIME_SYNC_REQUIRE:-}" != all ] || exit 1
  exit 0
}
[ -x /usr/bin/time ] || skip '/usr/bin/time is missing (Debian: apt-get install time)'
command -v ldapsearch > /dev/null || skip 'ldapsearch is missing (Debian: apt-get install ldap-utils)'
rm -rf "$work"
mkdir -p "$work"

# With the tests' dependencies, so that nothing is built twice.
cargo build --quiet --release --lib --example generate-directory
sh tests/c/drive.sh "$target/release" "$work/drive"

lab=$work/openldap
suffix=dc=partner,dc=test
reader="cn=reader,$suffix"
trap 'sh tests/lab/openldap.sh stop "$lab" > /dev/null 2>&1 || :' EXIT
trap 'exit 130' INT TERM

# As inetOrgPerson has them: other classes, certificates with the option that the syntax wants (RFC 4523).
people() { # FILE: the people of a generated directory, for slapadd
  awk -v suffix="$suffix" '
    /^ / { if (keep) print; next }
    /^dn::? / { person = 0; keep = 0; next }
    /^objectClass: user$/ { person = 1; keep = 0; next }
    /^cn::? / && person {
      number++
      printf "\ndn: uid=p%d,ou=people,%s\nobjectClass: inetOrgPerson\nuid: p%d\ns%s\n%s\n", number, suffix, number, substr($0, 2), $0
      keep = 0
      next
    }
    { keep = 0 }
    !person { next }
    /^(displayName|mail)::? / { keep = 1; print }
    /^userCertificate:: / { keep = 1; sub(/^userCertificate/, "userCertificate;binary"); print }
    /^userSMIMECertificate:: / { keep = 1; print }
  ' "$1"
}

load() { # COUNT
  sh tests/lab/openldap.sh stop "$lab" > /dev/null 2>&1 || :
  rm -rf "$lab" "$work/people"
  sh tests/lab/openldap.sh start "$lab"
  sh tests/lab/openldap.sh stop "$lab"
  "$target/release/examples/generate-directory" --people "$1" --output "$work/people" --kinds good
  {
    printf 'dn: ou=people,%s\nobjectClass: organizationalUnit\nou: people\n' "$suffix"
    people "$work/people/directory.ldif"
  } > "$work/people.ldif"
  PATH=$PATH:/usr/sbin slapadd -q -f "$lab/slapd.conf" -l "$work/people.ldif"
  sh tests/lab/openldap.sh start "$lab"
  # shellcheck disable=SC1091 # made by the lab
  . "$lab/env"
  export SMIME_SYNC_BENCH_PASSWORD="$LAB_LDAP_PASSWORD" LDAPTLS_CACERT="$lab/tls/ca.pem"
}

loopback() { awk '$1 == "lo:" { print $2 }' /proc/net/dev; }

measured() { # NAME COMMAND...: runs it; seconds, processor seconds, MB of memory and of traffic are left in $work/figures
  name=$1
  shift
  before=$(loopback)
  /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" > "$work/output"
  after=$(loopback)
  awk -v name="$name" -v bytes="$((after - before))" -v objects="$(recipients)" '{
    printf "%-46s %7.2f s %7.2f s cpu %7.1f MB %9.2f MB read %s\n", name, $1, $2 + $3, $4 / 1024, bytes / 1048576, objects
    print $1, $2 + $3 > "'"$work/figures"'"
  }' "$work/time"
}

recipients() { grep -oE '"(Recipients|RecipientsRead)":[0-9]+' "$work/output" 2> /dev/null | tail -n 1 | tr -d '"' || :; }

figure() { cut -d ' ' -f "$1" "$work/figures"; }

ratio() { awk -v ours="$1" -v theirs="$2" -v name="$3" 'BEGIN { printf "%-46s %7.2f\n", name, ours / (theirs > 0 ? theirs : 0.01) }'; }

request() { # NAME [MORE]
  printf '{"Operation":"Sync","ProfileName":"%s","Credential":{"UserName":"%s"}%s}' "$1" "$reader" "${2:-}" > "$work/$1.json"
}

drive() { # NAME WHAT
  measured "$2" "$work/drive" --home "$work/home" --secret password=SMIME_SYNC_BENCH_PASSWORD --json "$work/$1.json"
}

profile() { # NAME ANCHORS: anchors as a JSON list
  printf '{"Operation":"NewProfile","Force":true,"Profile":{"Name":"%s","Source":"Directory","Server":["localhost"],"Port":1636,"SearchBase":["ou=people,%s"],"ServerCertificatePath":["%s"],"Target":"Folder","OutputPath":"%s"%s,"RemovalLimit":1000000,"ReplacementLimit":1000000}}' \
    "$1" "$suffix" "$lab/tls/ca.pem" "$work/out-$1" "$2" > "$work/profile.json"
  "$work/drive" --home "$work/home" "$work/profile.json" > /dev/null
}

change() { # COUNT WORD: somebody's description, in one connection
  awk -v count="$1" -v word="$2" -v suffix="$suffix" 'BEGIN { for (n = 1; n <= count; n++)
    printf "dn: uid=p%d,ou=people,%s\nchangetype: modify\nreplace: description\ndescription: %s %d\n\n", n, suffix, word, n }' |
    ldapmodify -H ldaps://127.0.0.1:1636 -x -D "cn=admin,$suffix" -w "$LAB_LDAP_PASSWORD" > /dev/null
}

for size in $sizes; do
  load "$size"
  rm -rf "$work/home" "$work"/out-*
  measured "$size: ldapsearch to a file" ldapsearch -H ldaps://127.0.0.1:1636 -x -D "$reader" -w "$LAB_LDAP_PASSWORD" \
    -E pr=1000/noprompt -LLL -b "ou=people,$suffix" '(objectClass=person)' objectClass entryUUID modifyTimestamp cn \
    displayName mail userCertificate userSMIMECertificate
  theirs=$(figure 1)
  # Without anchors no signature is checked.
  profile unsigned ',"AllowUntrusted":true'
  request unsigned ',"WhatIf":true'
  drive unsigned "$size: import and judgement, no signatures"
  ratio "$(figure 1)" "$theirs" "$size: ratio to ldapsearch"
  profile whole ",\"TrustAnchorPath\":[\"$work/people/anchors\"]"
  request whole ',"WhatIf":true'
  drive whole "$size: import and judgement, all signatures"
  ratio "$(figure 1)" "$theirs" "$size: ratio to ldapsearch"
  request whole
  drive whole "$size: first run (with export)"
  for changes in 0 1 1000; do
    [ "$changes" -eq 0 ] || change "$changes" "change of $changes"
    drive whole "$size: run after $changes changes"
  done
done
