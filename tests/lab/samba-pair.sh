#!/bin/sh
# Two Samba domain controllers that replicate, each in a network namespace of its own, for tests of what happens
# when others write elsewhere.
#
#   samba-pair.sh start DIR     makes what is missing under DIR and starts them; nothing to do if they run already
#   samba-pair.sh replicate DIR FROM TO
#                               carries what changed at one (1 or 2) over to the other now; they do so by themselves,
#                               too, some seconds after a change
#   samba-pair.sh stop DIR      stops them and removes the namespaces
#
# DIR then holds dc1 (a lab of samba.sh, whose env and tls serve both) and dc2. The first has the address
# 10.79.36.1, the second 10.79.36.2, and both can be reached from the namespace that calls this. Needs root.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
command=${1:?start, replicate or stop}
mkdir -p "${2:?the folder of the pair}"
dir=$(cd "$2" && pwd)
realm=contoso.test
network=10.79.36
admin_password='Lab.Admin-4711'
services='ldap cldap kdc rpc drepl kcc'
KRB5_CONFIG=$dir/krb5.conf
export KRB5_CONFIG

fail() {
    echo "samba-pair.sh: $1" >&2
    exit 1
}

# The file of host names: the domain has no DNS server. Replication partners are looked for by the objectGUID of
# their settings, which is known once the second one has joined.
names() { # joined, or nothing
    for each in 1 2; do
        guid=${1:+$(settings_guid "$each")}
        echo "$network.$each dc$each.$realm dc$each ${guid:+$guid._msdcs.$realm}"
    done
}

settings_guid() { # NUMBER
    search "$network.1" -b "CN=Sites,CN=Configuration,DC=contoso,DC=test" \
        "(&(objectClass=nTDSDSA)(distinguishedName=CN=NTDS Settings,CN=DC$1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=contoso,DC=test))" \
        objectGUID 2>/dev/null | sed -n 's/^objectGUID:: //p' | base64 -d |
        /usr/bin/python3 -c 'import sys, uuid; guid = sys.stdin.buffer.read(); print(uuid.UUID(bytes_le=guid) if guid else "")'
}

search() { # ADDRESS ARGUMENT...
    host=$1
    shift
    LDAPTLS_CACERT=$dir/dc1/tls/ca.pem ldapsearch -H "ldaps://$host" -x -D "administrator@$realm" \
        -w "$admin_password" -o nettimeout=5 -LLL "$@"
}

namespace() { # NUMBER
    name=smime-dc$1
    ip netns list | grep -q "^$name\b" && return
    # `ip netns exec` puts these over /etc.
    mkdir -p "/etc/netns/$name"
    names >"/etc/netns/$name/hosts"
    : >"/etc/netns/$name/resolv.conf"
    ip netns add "$name"
    ip -n "$name" link set lo up
    ip link add "smime-dc$1" type veth peer name eth0 netns "$name"
    ip link set "smime-dc$1" master smime-pair up
    ip -n "$name" addr add "$network.$1/24" dev eth0
    ip -n "$name" link set eth0 up
}

network() {
    cat >"$KRB5_CONFIG" <<CONF
[libdefaults]
    default_realm = CONTOSO.TEST
    dns_lookup_realm = false
    dns_lookup_kdc = false
[realms]
    CONTOSO.TEST = {
        kdc = $network.1
        kdc = $network.2
    }
[domain_realm]
    .$realm = CONTOSO.TEST
    $realm = CONTOSO.TEST
CONF
    if ! ip link show smime-pair >/dev/null 2>&1; then
        ip link add smime-pair type bridge
        ip addr add "$network.254/24" dev smime-pair
        ip link set smime-pair up
    fi
    namespace 1
    namespace 2
}

first() { # start or stop
    LAB_ADDRESS=$network.1 LAB_SECOND_ADDRESS=$network.2 LAB_INTERFACES='lo eth0' LAB_SERVICES=$services LAB_WITHIN='ip netns exec smime-dc1' \
        sh "$here/samba.sh" "$1" "$dir/dc1"
}

second_answers() {
    search "$network.2" -s base -b '' currentTime >/dev/null 2>&1
}

second_runs() {
    [ -f "$dir/dc2.pid" ] && kill -s 0 "$(cat "$dir/dc2.pid")" 2>/dev/null
}

join() {
    # A domain made anew knows nothing of a second domain controller that joined the old one.
    [ "$(cat "$dir/joined" 2>/dev/null)" = "$(cat "$dir/dc1/provisioned") $(stat -c %Y "$dir/dc1/tls/ca.pem")" ] && return
    rm -rf "$dir/dc2"
    ip netns exec smime-dc2 samba-tool domain join "$realm" DC --server="dc1.$realm" \
        -U "CONTOSO\\administrator%$admin_password" --targetdir="$dir/dc2" --dns-backend=NONE \
        --option='bind interfaces only=yes' --option='interfaces=lo eth0' --option='netbios name=DC2' \
        >"$dir/join.log" 2>&1 || fail "joining the domain failed, see $dir/join.log"
    echo "$(cat "$dir/dc1/provisioned") $(stat -c %Y "$dir/dc1/tls/ca.pem")" >"$dir/joined"
}

second() {
    second_runs && second_answers && return
    join
    mkdir -p "$dir/dc2/run"
    setsid ip netns exec smime-dc2 samba -i -s "$dir/dc2/etc/smb.conf" --debug-stdout \
        --option="server services=$services" --option="pid directory=$dir/dc2/run" \
        --option="tls keyfile=$dir/dc1/tls/second.key" --option="tls certfile=$dir/dc1/tls/second.pem" \
        --option="tls cafile=$dir/dc1/tls/ca.pem" >"$dir/dc2.log" 2>&1 </dev/null &
    echo $! >"$dir/dc2.pid"
    tries=0
    until second_answers; do
        tries=$((tries + 1))
        second_runs || fail "the second domain controller ended, see $dir/dc2.log"
        [ $tries -lt 300 ] || fail "the second domain controller does not answer, see $dir/dc2.log"
        sleep 0.2
    done
    # Written in place: what `ip netns exec` shows is this very file.
    names joined >"$dir/hosts"
    for number in 1 2; do
        cat "$dir/hosts" >"/etc/netns/smime-dc$number/hosts"
    done
    meet
}

# Waits until each knows the other: the first gets the name that others sign in to it by, and learns from its
# consistency checker that there is a second one.
meet() {
    ip netns exec smime-dc1 samba_spnupdate -s "$dir/dc1/etc/smb.conf" >"$dir/names.log" 2>&1 ||
        fail "the first domain controller did not get its name for replication, see $dir/names.log"
    tries=0
    until replicate 1 2 >"$dir/replicate.log" 2>&1 && replicate 2 1 >>"$dir/replicate.log" 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || fail "the domain controllers do not replicate, see $dir/replicate.log"
        ip netns exec smime-dc1 samba-tool drs kcc "dc1.$realm" -U "CONTOSO\\administrator%$admin_password" \
            -s "$dir/dc1/etc/smb.conf" >/dev/null 2>&1 || true
        sleep 1
    done
}

# From NUMBER to NUMBER.
replicate() {
    ip netns exec "smime-dc$2" samba-tool drs replicate "dc$2.$realm" "dc$1.$realm" 'DC=contoso,DC=test' \
        -U "CONTOSO\\administrator%$admin_password" -s "$dir/dc$2/etc/smb.conf"
}

stop_second() {
    if second_runs; then
        group=$(cat "$dir/dc2.pid")
        kill -s TERM -- "-$group" 2>/dev/null || true
        tries=0
        while kill -s 0 -- "-$group" 2>/dev/null; do
            tries=$((tries + 1))
            [ $tries -lt 50 ] || kill -s KILL -- "-$group" 2>/dev/null || true
            [ $tries -lt 100 ] || fail "process group $group does not end"
            sleep 0.1
        done
    fi
    rm -f "$dir/dc2.pid"
}

case $command in
    start)
        network
        first start
        second
        ;;
    replicate) replicate "${3:?from}" "${4:?to}" ;;
    stop)
        stop_second
        first stop
        # Those of another pair that runs are not this one's to remove; its own children end a moment later.
        tries=0
        while [ -n "$(ip netns pids smime-dc1 2>/dev/null)$(ip netns pids smime-dc2 2>/dev/null)" ]; do
            tries=$((tries + 1))
            [ $tries -lt 30 ] || exit 0
            sleep 0.1
        done
        for number in 1 2; do
            ip link del "smime-dc$number" 2>/dev/null || true
            ip netns del "smime-dc$number" 2>/dev/null || true
            rm -rf "/etc/netns/smime-dc$number"
        done
        ip link del smime-pair 2>/dev/null || true
        ;;
    *) fail "unknown command '$command'" ;;
esac
