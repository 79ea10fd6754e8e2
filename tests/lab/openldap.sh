#!/bin/sh
# An OpenLDAP server (Debian's slapd) for tests, as an ordinary process on the loopback interface only.
#
#   openldap.sh start DIR     makes what is missing under DIR and starts it; nothing to do if it runs already
#   openldap.sh stop DIR      stops it
#   openldap.sh status DIR    tells whether it answers over LDAPS
#
# DIR then holds: tls/ca.pem (the CA that the server's certificate comes from), tls/reader.{pem,key} (a client's
# certificate of the account 'reader'), krb5/task.keytab, slapd.conf, data/, slapd.log.
# It holds dc=partner,dc=test and listens for LDAPS at port 1636 and for LDAP at 1389; MIT's KDC of the realm PARTNER.TEST,
# which has the same accounts, listens at 1088 where it is installed (tests/lab/krb5.conf). The accounts, all with the same password, are
# cn=NAME,dc=partner,dc=test: admin (may write), reader, limited (500 entries a search), blind (sees no certificates),
# stranger (sees nothing but itself). DIR/env has the password.
set -eu

command=${1:?start, stop or status}
mkdir -p "${2:?the folder of the server}"
dir=$(cd "$2" && pwd)
port=1636
clear_port=1389
kdc_port=1088
realm=PARTNER.TEST
suffix=dc=partner,dc=test
password='Lab.Ldap-4711'
pid_file=$dir/slapd.pid
kdc_pid_file=$dir/kdc.pid
KRB5_CONFIG=$(cd "$(dirname "$0")" && pwd)/krb5.conf
KRB5_KDC_PROFILE=$dir/krb5/kdc.conf
export KRB5_CONFIG KRB5_KDC_PROFILE
PATH=$PATH:/usr/sbin:/sbin

script=$(cksum <"$0")

fail() {
    echo "openldap.sh: $1" >&2
    exit 1
}

# OpenLDAP's tools take "localhost" for the name of the host, so they are told the address.
answers() {
    LDAPTLS_CACERT=$dir/tls/ca.pem ldapsearch -H "ldaps://127.0.0.1:$port" -x -D "cn=admin,$suffix" -w "$password" \
        -o nettimeout=5 -LLL -s base -b "$suffix" dn >/dev/null 2>&1
}

running() {
    [ -f "$pid_file" ] && kill -s 0 "$(cat "$pid_file")" 2>/dev/null
}

make_certificates() {
    mkdir -p "$dir/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=Partner Lab Server CA' -days 3650 \
        -keyout "$dir/tls/ca.key" -out "$dir/tls/ca.pem" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' 2>/dev/null
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
        -keyout "$dir/tls/server.key" -out "$dir/tls/server.csr" 2>/dev/null
    printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n' \
        >"$dir/tls/server.ext"
    openssl x509 -req -in "$dir/tls/server.csr" -CA "$dir/tls/ca.pem" -CAkey "$dir/tls/ca.key" -CAcreateserial \
        -days 1825 -extfile "$dir/tls/server.ext" -out "$dir/tls/server.pem" 2>/dev/null
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=reader' \
        -keyout "$dir/tls/reader.key" -out "$dir/tls/reader.csr" 2>/dev/null
    printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n' >"$dir/tls/reader.ext"
    openssl x509 -req -in "$dir/tls/reader.csr" -CA "$dir/tls/ca.pem" -CAkey "$dir/tls/ca.key" -CAcreateserial \
        -days 1825 -extfile "$dir/tls/reader.ext" -out "$dir/tls/reader.pem" 2>/dev/null
    chmod 600 "$dir/tls/server.key" "$dir/tls/ca.key" "$dir/tls/reader.key"
}

# The realm: the server's own key for its service, and for each account one from its password and one in a keytab.
make_realm() {
    command -v kdb5_util >/dev/null && command -v kadmin.local >/dev/null || return 0
    mkdir -p "$dir/krb5"
    cat >"$dir/krb5/kdc.conf" <<CONF
[kdcdefaults]
    kdc_listen = 127.0.0.1:$kdc_port
    kdc_tcp_listen = 127.0.0.1:$kdc_port
[realms]
    $realm = {
        database_name = $dir/krb5/principal
        key_stash_file = $dir/krb5/stash
    }
CONF
    {
        kdb5_util -r $realm create -s -P "$password"
        kadmin.local -r $realm -q "addprinc -pw $password reader"
        kadmin.local -r $realm -q "addprinc -randkey task"
        kadmin.local -r $realm -q "ktadd -k $dir/krb5/task.keytab task"
        kadmin.local -r $realm -q "addprinc -randkey ldap/localhost"
        kadmin.local -r $realm -q "ktadd -k $dir/krb5/server.keytab ldap/localhost"
    } >"$dir/krb5/log" 2>&1 || fail "no realm, see $dir/krb5/log"
}

make_configuration() {
    cat >"$dir/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
# Other names for what people have, as other directories have them.
attributetype ( 1.1.2.1.1 NAME 'labCertificate' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.1.2.1.2 NAME 'labSignedData' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.1.2.1.3 NAME 'mailAlternateAddress' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.1.2.1.4 NAME 'nsUniqueId' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.1.2.2.1 NAME 'labObject' SUP top AUXILIARY
    MAY ( labCertificate \$ labSignedData \$ mailAlternateAddress \$ nsUniqueId ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $pid_file
TLSCACertificateFile $dir/tls/ca.pem
TLSCertificateFile $dir/tls/server.pem
TLSCertificateKeyFile $dir/tls/server.key
TLSVerifyClient try
sasl-host localhost
sasl-realm $realm
# Whoever signs in with a client certificate or a ticket is the account of that name; the task is the reader.
authz-regexp "^uid=task@partner.test,cn=partner.test,cn=gssapi,cn=auth$" "cn=reader,$suffix"
authz-regexp "^uid=([^,@]*)@partner.test,cn=partner.test,cn=gssapi,cn=auth$" "cn=\$1,$suffix"
authz-regexp "^cn=([^,]*)$" "cn=\$1,$suffix"

database mdb
suffix "$suffix"
rootdn "cn=admin,$suffix"
rootpw $password
directory $dir/data
maxsize 4294967296
index objectClass,entryUUID,mail eq
limits dn.exact="cn=reader,$suffix" size=unlimited
access to attrs=userPassword by anonymous auth
access to filter=(description=veiled) attrs=objectClass
    by dn.exact="cn=reader,$suffix" none
    by users read
access to attrs=userCertificate,userSMIMECertificate
    by dn.exact="cn=reader,$suffix" read
    by dn.exact="cn=limited,$suffix" read
access to *
    by self read
    by dn.exact="cn=stranger,$suffix" none
    by users read
CONF
    chmod 600 "$dir/slapd.conf"
}

provision() {
    # One that an earlier form of this script made is made anew.
    [ "$(cat "$dir/provisioned" 2>/dev/null)" = "$script" ] && return
    find "$dir" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    mkdir "$dir/data"
    make_certificates
    make_realm
    make_configuration
    {
        printf 'dn: %s\nobjectClass: dcObject\nobjectClass: organization\ndc: partner\no: Partner\n\n' "$suffix"
        for account in reader limited blind stranger; do
            printf 'dn: cn=%s,%s\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: %s\n' \
                "$account" "$suffix" "$account"
            printf 'userPassword: %s\n\n' "$password"
        done
    } | slapadd -f "$dir/slapd.conf" >"$dir/slapadd.log" 2>&1 || fail "slapadd failed, see $dir/slapadd.log"
    printf "LAB_LDAP_PASSWORD='%s'\n" "$password" >"$dir/env"
    echo "$script" >"$dir/provisioned"
}

start() {
    if running; then
        answers && return
        stop
    fi
    command -v slapd >/dev/null || fail 'slapd is not installed'
    for each in $port $clear_port $kdc_port; do
        if ss -Hltn "sport = :$each" | grep -q .; then
            fail "port $each is taken by another program: $(ss -Hltnp "sport = :$each" | head -n 1)"
        fi
    done
    provision
    if [ -d "$dir/krb5" ]; then
        setsid krb5kdc -n -r $realm >"$dir/kdc.log" 2>&1 </dev/null &
        echo $! >"$kdc_pid_file"
    fi
    # With a debug level slapd stays in the foreground.
    KRB5_KTNAME=$dir/krb5/server.keytab setsid slapd -d none -f "$dir/slapd.conf" \
        -h "ldaps://localhost:$port ldap://localhost:$clear_port" >"$dir/slapd.log" 2>&1 </dev/null &
    tries=0
    until answers; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || { stop; fail "slapd does not answer, see $dir/slapd.log"; }
        sleep 0.2
    done
}

stop() {
    if [ -f "$kdc_pid_file" ]; then
        kill -s TERM "$(cat "$kdc_pid_file")" 2>/dev/null || true
        rm -f "$kdc_pid_file"
    fi
    running || { rm -f "$pid_file"; return 0; }
    process=$(cat "$pid_file")
    kill -s TERM "$process"
    tries=0
    while kill -s 0 "$process" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "process $process does not end"
        sleep 0.1
    done
    rm -f "$pid_file"
}

case $command in
    start) start ;;
    stop) stop ;;
    status)
        if running && answers; then echo running; else
            echo stopped
            exit 1
        fi
        ;;
    *) fail "unknown command '$command'" ;;
esac
