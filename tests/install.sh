#!/bin/sh
# Installs the Debian packages that are missing here: install.sh try (to build and show) or install.sh all (to test).
# As somebody else than root, or on another system, it only says what is missing.
set -eu
want=${1:-all}
packages='' icu=''

need() { # COMMAND PACKAGE...
  command=$1
  shift
  command -v "$command" > /dev/null 2>&1 || [ -x "/usr/sbin/$command" ] || packages="$packages $*"
}

need cc gcc libc6-dev
need mcs mono-mcs
need xz xz-utils
if [ "$want" = all ]; then
  need c++ g++
  need openssl openssl
  need valgrind valgrind
  need /usr/bin/time time
  need samba samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind python3-samba
  need ldapsearch ldap-utils
  need ip iproute2
  need slapd slapd
  need kinit krb5-user
  need kadmin.local krb5-kdc krb5-admin-server
  # A part of the server's, without a command of its own.
  for module in /usr/lib/*/sasl2/libgssapiv2.so; do
    [ -e "$module" ] || packages="$packages libsasl2-modules-gssapi-mit"
  done
  # PowerShell's cultures; the package carries its version in its name.
  /sbin/ldconfig -p 2> /dev/null | grep -q libicuuc || icu=yes
fi
[ -n "$packages${icu:-}" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  echo "install.sh: missing here, install with: apt-get install$packages${icu:+ libicu72}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
[ -z "$icu" ] || packages="$packages $(apt-cache search --names-only '^libicu[0-9]+$' | cut -d' ' -f1 | tail -n 1)"
# The directory servers are started by the tests alone: nothing of the packages' own is, where Debian asks first.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086 # a list of packages
apt-get install -qq -y --no-install-recommends $packages > /dev/null
