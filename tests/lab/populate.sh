#!/bin/sh
# Fills the lab's directory: populate.sh DIR [--remove DN] FILE...
#
# Each FILE is LDIF with content records. They are written into Samba's database itself, in one transaction, which is
# three times as fast as over LDAP and works while the server runs. With --remove that container goes first.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?the folder of the lab}
shift
# Samba's own modules belong to the python of the system, not to the first one on PATH.
exec /usr/bin/python3 -B "$here/populate.py" "$dir/private/sam.ldb" "$dir/etc/smb.conf" "$@"
