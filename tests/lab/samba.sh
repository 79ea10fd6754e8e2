#!/bin/sh
# A Samba Active Directory domain controller for tests, on the loopback interface only (samba-pair.sh puts it elsewhere).
#
#   samba.sh start DIR     makes what is missing under DIR and starts it; nothing to do if it runs already
#   samba.sh stop DIR      stops it
#   samba.sh status DIR    tells whether it answers over LDAPS
#   samba.sh front DIR NAME PORT
#                          a TLS server at PORT that shows the certificate NAME (expired, other, server) and speaks
#                          no LDAP; ends with stop
#
# DIR then holds: env (names and passwords for tests, shell syntax), tls/ca.pem (the CA that server certificates
# come from), tls/{server,expired,other}.{pem,key}, reader.keytab (of the account 'reader'), samba.log. Needs root: LDAP's ports 389 and 636 are fixed in Samba.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
command=${1:?start, stop, status or front}
mkdir -p "${2:?the folder of the lab}"
dir=$(cd "$2" && pwd)
admin_password='Lab.Admin-4711'
user_password='Lab.User-4711'
pid_file=$dir/samba.pid
# What samba-pair.sh sets: where it listens, which services it has, and the command that runs it in a namespace.
address=${LAB_ADDRESS:-127.0.0.1}
interfaces=${LAB_INTERFACES:-lo}
services=${LAB_SERVICES:-ldap kdc}
within=${LAB_WITHIN:-}
accounts=$(cksum <"$here/accounts.py")

fail() {
    echo "samba.sh: $1" >&2
    exit 1
}

# OpenLDAP's tools take "localhost" for the name of the host, so they are told the address.
bind() {
    LDAPTLS_CACERT=$dir/tls/ca.pem ldapsearch -H "ldaps://$address" -x -D "$1@contoso.test" -w "$2" \
        -o nettimeout=5 -LLL -s base -b '' currentTime 2>&1
}

answers() {
    bind administrator "$admin_password" >/dev/null 2>&1
}

running() {
    [ -f "$pid_file" ] && kill -s 0 "$(cat "$pid_file")" 2>/dev/null
}

# One certificate: NAME, subjectAltName, and how many days ago it began and ends from now.
certificate() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$dir/tls/$1.key" -out "$dir/tls/$1.csr" 2>/dev/null
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=%s\n' \
        "$2" >"$dir/tls/$1.ext"
    openssl ca -batch -notext -config "$dir/tls/ca.cnf" -startdate "$3" -enddate "$4" \
        -extfile "$dir/tls/$1.ext" -in "$dir/tls/$1.csr" -out "$dir/tls/$1.pem" 2>/dev/null
    chmod 600 "$dir/tls/$1.key"
}

# The lab's own CA, since the certificate that Samba makes by itself has no subjectAltName.
make_certificates() {
    rm -rf "$dir/tls"
    mkdir -p "$dir/tls"
    : >"$dir/tls/index.txt"
    cat >"$dir/tls/ca.cnf" <<CNF
[ca]
default_ca = lab
[lab]
database = $dir/tls/index.txt
new_certs_dir = $dir/tls
certificate = $dir/tls/ca.pem
private_key = $dir/tls/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
CNF
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Contoso Lab Server CA" \
        -days 3650 -keyout "$dir/tls/ca.key" -out "$dir/tls/ca.pem" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
    names="DNS:dc1.contoso.test,DNS:localhost,IP:$address"
    from=$(date -u -d '-2 days' +%Y%m%d%H%M%SZ)
    certificate server "$names" "$from" "$(date -u -d '+5 years' +%Y%m%d%H%M%SZ)"
    certificate second "DNS:dc2.contoso.test,IP:${LAB_SECOND_ADDRESS:-127.0.0.2}" "$from" "$(date -u -d '+5 years' +%Y%m%d%H%M%SZ)"
    certificate expired "$names" "$from" "$(date -u -d '-1 day' +%Y%m%d%H%M%SZ)"
    certificate other 'DNS:dc9.fabrikam.test' "$from" "$(date -u -d '+5 years' +%Y%m%d%H%M%SZ)"
}

provision() {
    # Other accounts than those of the last time need a new directory.
    [ "$(cat "$dir/provisioned" 2>/dev/null)" = "$accounts" ] && return
    find "$dir" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    $within samba-tool domain provision --realm=CONTOSO.TEST --domain=CONTOSO --server-role=dc --dns-backend=NONE \
        --adminpass="$admin_password" --targetdir="$dir" --host-ip="$address" --host-name=dc1 --use-rfc2307 \
        --option='bind interfaces only=yes' --option="interfaces=$interfaces" >"$dir/provision.log" 2>&1 ||
        fail "provisioning failed, see $dir/provision.log"
    make_certificates
    # Samba's own modules belong to the python of the system, not to the first one on PATH.
    /usr/bin/python3 -B "$here/accounts.py" "$dir/private/sam.ldb" "$dir/etc/smb.conf" "$user_password"
    samba-tool domain exportkeytab "$dir/reader.keytab" --principal=reader@CONTOSO.TEST -s "$dir/etc/smb.conf" \
        >>"$dir/provision.log" 2>&1 || fail "no keytab, see $dir/provision.log"
    cat >"$dir/env" <<ENV
LAB_ADMIN_PASSWORD='$admin_password'
LAB_USER_PASSWORD='$user_password'
ENV
    echo "$accounts" >"$dir/provisioned"
}

# Wrong passwords until the domain's policy (5) locks the account; a right one in between would start over.
lock() {
    for _ in 1 2 3 4 5 6; do
        bind locked wrong >/dev/null || true
    done
    bind locked "$user_password" | grep -q 'data 775' || fail "the account 'locked' is not locked"
}

start() {
    if running; then
        answers && return
        stop
    fi
    for port in 389 636; do
        if $within ss -Hltn "sport = :$port" | grep -q .; then
            fail "port $port is taken by another program; one lab at a time: $($within ss -Hltnp "sport = :$port" | head -n 1)"
        fi
    done
    provision
    mkdir -p "$dir/run"
    # Nothing of a lab has to survive a crash of the machine, so that changes need not wait for the disk (ldb:nosync).
    # A session of its own, so that stopping its process group ends every child.
    # shellcheck disable=SC2086 # a command with its arguments, or nothing
    setsid $within samba -i -s "$dir/etc/smb.conf" --debug-stdout \
        --option="server services=$services" --option="pid directory=$dir/run" --option='ldb:nosync=true' \
        --option='ldap server require strong auth=allow_sasl_over_tls' \
        --option="tls keyfile=$dir/tls/server.key" --option="tls certfile=$dir/tls/server.pem" \
        --option="tls cafile=$dir/tls/ca.pem" >"$dir/samba.log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    tries=0
    until answers; do
        tries=$((tries + 1))
        running || fail "Samba ended, see $dir/samba.log"
        [ $tries -lt 300 ] || { stop; fail "Samba does not answer, see $dir/samba.log"; }
        sleep 0.2
    done
    lock
}

front() {
    [ -f "$dir/tls/$1.pem" ] || fail "there is no certificate '$1'"
    setsid openssl s_server -quiet -accept "127.0.0.1:$2" -cert "$dir/tls/$1.pem" -key "$dir/tls/$1.key" \
        >/dev/null 2>&1 </dev/null &
    echo $! >"$dir/front-$2.pid"
    tries=0
    until ss -Hltn "sport = :$2" | grep -q .; do
        tries=$((tries + 1))
        [ $tries -lt 50 ] || fail "nothing listens at port $2"
        sleep 0.1
    done
}

stop() {
    for front in "$dir"/front-*.pid; do
        [ -f "$front" ] || continue
        kill -s TERM "$(cat "$front")" 2>/dev/null || true
        rm -f "$front"
    done
    running || { rm -f "$pid_file"; return 0; }
    group=$(cat "$pid_file")
    kill -s TERM -- "-$group" 2>/dev/null || true
    tries=0
    while kill -s 0 -- "-$group" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 50 ] || kill -s KILL -- "-$group" 2>/dev/null || true
        [ $tries -lt 100 ] || fail "process group $group does not end"
        sleep 0.1
    done
    rm -f "$pid_file"
}

case $command in
    start) start ;;
    stop) stop ;;
    front) front "${3:?a name}" "${4:?a port}" ;;
    status)
        if running && answers; then echo running; else
            echo stopped
            exit 1
        fi
        ;;
    *) fail "unknown command '$command'" ;;
esac
