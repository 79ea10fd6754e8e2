#!/bin/sh
# A run over LDAPS in a root that holds the library, what it is linked to, and nothing of Kerberos; and what somebody is told
# there who wants Kerberos.
# Usage: without_kerberos.sh DRIVE OPENLDAP, with DRIVE as tests/c/run.sh makes it, OPENLDAP the folder of a server that
# tests/lab/openldap.sh has started. Needs root. The last line is "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
drive=$1
lab=$(cd "$2" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
suffix=dc=partner,dc=test
unit="ou=without-kerberos,$suffix"
seen=$root/output
# shellcheck source=tests/c/checks.sh
. "$here/checks.sh"

# The program and the closure of its libraries, as the loader of this system finds them.
for file in $(ldd "$drive" | grep -oE '/[^ )]+'); do
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done
mkdir -p "$root/etc" "$root/tmp" "$root/home" "$root/out"
cp "$drive" "$root/drive"
cp "$lab/tls/ca.pem" "$root/etc/server-ca.pem"
printf '127.0.0.1 localhost\n' > "$root/etc/hosts"
printf 'hosts: files\n' > "$root/etc/nsswitch.conf"

openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Karin Without' -days 365 -keyout "$root/tmp/key" -out "$root/etc/karin.pem" \
  -addext 'subjectAltName=email:karin@partner.test' -addext 'keyUsage=critical,keyEncipherment,digitalSignature' \
  -addext 'extendedKeyUsage=emailProtection' -addext 'basicConstraints=critical,CA:FALSE' 2> /dev/null
# shellcheck disable=SC1091 # made by the lab
. "$lab/env"
ldap() { # TOOL...
  tool=$1
  shift
  LDAPTLS_CACERT="$lab/tls/ca.pem" "$tool" -H ldaps://127.0.0.1:1636 -x -D "cn=admin,$suffix" -w "$LAB_LDAP_PASSWORD" "$@" > /dev/null 2>&1
}
ldap ldapdelete -r "$unit" || :
printf 'dn: %s\nobjectClass: organizationalUnit\nou: without-kerberos\n\ndn: cn=Karin,%s\nobjectClass: inetOrgPerson\ncn: Karin\nsn: W\nmail: karin@partner.test\nuserCertificate;binary:: %s\n' \
  "$unit" "$unit" "$(openssl x509 -in "$root/etc/karin.pem" -outform DER | base64 -w 0)" > "$root/tmp/karin.ldif"
ldap ldapadd -f "$root/tmp/karin.ldif"

run() { # REQUEST: inside of the root
  printf '%s\n' "$1" > "$root/tmp/request.json"
  code=0
  SECRET=$LAB_LDAP_PASSWORD chroot "$root" /drive --home /home --secret password=SECRET /tmp/request.json > "$root/output" 2>&1 || code=$?
}
shows() { grep -qE "$1" "$root/output"; }
profile='{"Operation":"NewProfile","Profile":{"Name":"bare","Source":"Directory","Server":["localhost"],"Port":1636,"SearchBase":["'$unit'"],
  "ServerCertificatePath":["/etc/server-ca.pem"],"AllowUntrusted":true,"Target":"Folder","OutputPath":"/out"}}'

holds_nothing_of_kerberos() { [ -z "$(find "$root" -name '*krb5*' -o -name '*gssapi*' -o -name '*com_err*')" ]; }
check 'nothing in this root is of Kerberos' holds_nothing_of_kerberos
run "$profile"
run '{"Operation":"Sync","ProfileName":"bare","Credential":{"UserName":"cn=reader,'$suffix'"}}'
check 'a run over LDAPS ends with success' [ "$code" -eq 0 ]
published() { [ -n "$(find "$root/out" -name 'karin@partner.test*.cer')" ]; }
check 'and has published' published
run '{"Operation":"Sync","ProfileName":"bare","WhatIf":true}'
check 'whoever wants Kerberos gets an error of its own' shows 'Error KerberosUnavailable'
check 'and is told what to install' shows 'What to do: .*libgssapi-krb5-2'
ldap ldapdelete -r "$unit" || :
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
