#!/bin/sh
# Two Samba domain controllers of one domain, each in a network namespace of its own, with replication.
#
#   samba-pair.sh start DIR        makes and starts them (a minute); nothing to do if they run already
#   samba-pair.sh replicate DIR    brings DC2's changes to DC1 now
#   samba-pair.sh stop DIR         stops them and takes the namespaces away
#
# Both answer over LDAPS from here: DC1 at 10.77.1.1, DC2 at 10.77.2.1, with certificates of DIR/ca.pem for
# dc1.contoso.test, dc2.contoso.test and the addresses. The administrator's password is in DIR/env. Needs root.
# DC2 has no DNS of its own, and only pulls at its join: changes flow from DC2 to DC1.
set -eu

command=${1:?start, replicate or stop}
mkdir -p "${2:?the folder of the pair}"
dir=$(cd "$2" && pwd)
password='Lab.Admin-4711'

fail() {
    echo "samba-pair.sh: $1" >&2
    exit 1
}

# One namespace with a link to the other (10.77.0.N) and one to here (10.77.N.1).
make_network() {
    for n in 1 2; do
        ip netns add "smime-dc$n"
        mkdir -p "/etc/netns/smime-dc$n"
        printf 'search contoso.test\nnameserver 10.77.0.1\n' >"/etc/netns/smime-dc$n/resolv.conf"
        printf '127.0.0.1 localhost\n10.77.0.1 dc1.contoso.test dc1\n10.77.0.2 dc2.contoso.test dc2\n' \
            >"/etc/netns/smime-dc$n/hosts"
        ip link add "smime-here$n" type veth peer name "smime-out$n" netns "smime-dc$n"
        ip addr add "10.77.$n.254/24" dev "smime-here$n"
        ip link set "smime-here$n" up
        ip -n "smime-dc$n" addr add "10.77.$n.1/24" dev "smime-out$n"
        ip -n "smime-dc$n" link set "smime-out$n" up
        ip -n "smime-dc$n" link set lo up
    done
    ip link add smime-in1 netns smime-dc1 type veth peer name smime-in2 netns smime-dc2
    for n in 1 2; do
        ip -n "smime-dc$n" addr add "10.77.0.$n/24" dev "smime-in$n"
        ip -n "smime-dc$n" link set "smime-in$n" up
    done
}

make_certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=Contoso Pair CA' -days 30 \
        -keyout "$dir/ca.key" -out "$dir/ca.pem" -addext 'basicConstraints=critical,CA:TRUE' 2>/dev/null
    for n in 1 2; do
        printf 'subjectAltName=DNS:dc%s.contoso.test,IP:10.77.%s.1\nextendedKeyUsage=serverAuth\n' $n $n >"$dir/$n.ext"
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=dc$n" \
            -keyout "$dir/dc$n.key" -out "$dir/dc$n.csr" 2>/dev/null
        openssl x509 -req -in "$dir/dc$n.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -days 30 \
            -extfile "$dir/$n.ext" -out "$dir/dc$n.pem" 2>/dev/null
        chmod 600 "$dir/dc$n.key"
    done
}

# The domain controller of that number, in the background.
run() {
    mkdir -p "$dir/dc$1/run"
    ip netns exec "smime-dc$1" setsid samba -i -s "$dir/dc$1/etc/smb.conf" --debug-stdout \
        --option="server services=$2" --option="pid directory=$dir/dc$1/run" \
        --option="tls keyfile=$dir/dc$1.key" --option="tls certfile=$dir/dc$1.pem" --option="tls cafile=$dir/ca.pem" \
        >"$dir/dc$1.log" 2>&1 </dev/null &
    echo $! >"$dir/dc$1.pid"
    tries=0
    until answers "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || fail "DC$1 does not answer, see $dir/dc$1.log"
        sleep 0.2
    done
}

answers() {
    LDAPTLS_CACERT=$dir/ca.pem ldapsearch -H "ldaps://10.77.$1.1" -x -D administrator@contoso.test -w "$password" \
        -o nettimeout=5 -LLL -s base -b '' currentTime >/dev/null 2>&1
}

# samba-tool with the administrator's rights, where the names of both resolve.
tool() {
    ip netns exec smime-dc1 samba-tool "$@" '-UCONTOSO\Administrator' --password="$password" \
        -s "$dir/dc1/etc/smb.conf"
}

# What DC1 needs to find DC2 for replication.
register() {
    id=$(/usr/bin/python3 -B -c "
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load('$dir/dc2/etc/smb.conf')
print(SamDB('$dir/dc2/private/sam.ldb', session_info=system_session(), lp=lp).get_ntds_GUID())")
    tool dns add 10.77.0.1 _msdcs.contoso.test "$id" CNAME dc2.contoso.test >>"$dir/dns.log" 2>&1
    tool dns add 10.77.0.1 contoso.test dc2 A 10.77.0.2 >>"$dir/dns.log" 2>&1
}

replicate() {
    tool drs replicate dc1.contoso.test dc2.contoso.test DC=contoso,DC=test >"$dir/replicate.log" 2>&1
}

start() {
    answers 1 && answers 2 && return
    stop
    find "$dir" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    make_network
    make_certificates
    ip netns exec smime-dc1 samba-tool domain provision --realm=CONTOSO.TEST --domain=CONTOSO --server-role=dc \
        --dns-backend=SAMBA_INTERNAL --adminpass="$password" --targetdir="$dir/dc1" --host-ip=10.77.0.1 \
        --host-name=dc1 --use-rfc2307 --option='bind interfaces only=yes' \
        --option='interfaces=lo smime-in1 smime-out1' >"$dir/provision.log" 2>&1 ||
        fail "provisioning failed, see $dir/provision.log"
    run 1 'ldap cldap kdc rpc drepl dns kcc'
    ip netns exec smime-dc2 samba-tool domain join contoso.test DC --dns-backend=NONE -UAdministrator \
        --password="$password" --server=dc1.contoso.test --targetdir="$dir/dc2" --realm=CONTOSO.TEST \
        --option='netbios name=dc2' --option='bind interfaces only=yes' \
        --option='interfaces=lo smime-in2 smime-out2' >"$dir/join.log" 2>&1 ||
        fail "joining failed, see $dir/join.log"
    run 2 'ldap cldap kdc rpc drepl kcc'
    register
    printf "LAB_ADMIN_PASSWORD='%s'\n" "$password" >"$dir/env"
    tries=0
    until replicate; do
        tries=$((tries + 1))
        [ $tries -lt 20 ] || fail "DC1 does not replicate from DC2, see $dir/replicate.log"
        sleep 1
    done
}

stop() {
    for n in 1 2; do
        if [ -f "$dir/dc$n.pid" ]; then
            kill -s TERM -- "-$(cat "$dir/dc$n.pid")" 2>/dev/null || true
            rm -f "$dir/dc$n.pid"
        fi
        ip netns pids "smime-dc$n" 2>/dev/null | xargs -r kill -s KILL 2>/dev/null || true
        ip netns del "smime-dc$n" 2>/dev/null || true
        ip link del "smime-here$n" 2>/dev/null || true
        rm -rf "/etc/netns/smime-dc$n"
    done
}

case $command in
    start) start ;;
    replicate) replicate || fail "replication failed, see $dir/replicate.log" ;;
    stop) stop ;;
    *) fail "unknown command '$command'" ;;
esac
