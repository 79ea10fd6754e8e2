"""The lab's special accounts and containers, written offline into a fresh sam.ldb.

Usage: accounts.py SAM_LDB SMB_CONF PASSWORD
"""

import sys

from samba import dsdb
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
import ldb

from database import open_database

DOMAIN = "DC=contoso,DC=test"
# schemaIDGUIDs of userCertificate and userSMIMECertificate.
CERTIFICATE_ATTRIBUTES = ("bf967a7f-0de6-11d0-a285-00aa003049e2", "e16a9db2-403c-11d1-a9c0-0000f80367c1")


def add_account(database, name, password, **changes):
    dn = f"CN={name},OU=Accounts,{DOMAIN}"
    database.newuser(name, password, userou="OU=Accounts")
    modification = ldb.Message(ldb.Dn(database, dn))
    for attribute, value in changes.items():
        modification[attribute] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, attribute)
    if changes:
        database.modify(modification)
    return dn


def account_sid(database, dn):
    sid = database.search(dn, scope=ldb.SCOPE_BASE, attrs=["objectSid"])[0]["objectSid"][0]
    return ndr_unpack(security.dom_sid, sid)


def put_first(database, dn, aces):
    """Puts explicit ACEs first. Inherited ones would lose against the class's own, which lets everybody read."""
    found = database.search(dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"])
    domain = security.dom_sid(database.get_domain_sid())
    descriptor = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])
    text = descriptor.as_sddl(domain)
    head, dacl = text.split("D:", 1)
    flags, rest = dacl[: dacl.index("(")], dacl[dacl.index("("):]
    changed = security.descriptor.from_sddl(f"{head}D:{flags}{aces}{rest}", domain)
    modification = ldb.Message(ldb.Dn(database, dn))
    modification["d"] = ldb.MessageElement(ndr_pack(changed), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    database.modify(modification, ["sd_flags:1:4"])


def main(path, configuration, password):
    database = open_database(path, configuration)
    database.transaction_start()
    # The lock must come from the policy: lockoutTime alone does not lock.
    policy = ldb.Message(ldb.Dn(database, DOMAIN))
    policy["l"] = ldb.MessageElement("5", ldb.FLAG_MOD_REPLACE, "lockoutThreshold")
    policy["d"] = ldb.MessageElement("-864000000000", ldb.FLAG_MOD_REPLACE, "lockoutDuration")
    policy["w"] = ldb.MessageElement("-864000000000", ldb.FLAG_MOD_REPLACE, "lockOutObservationWindow")
    database.modify(policy)
    for unit in ("Accounts", "Restricted", "Writable"):
        database.add({"dn": f"OU={unit},{DOMAIN}", "objectClass": "organizationalUnit"})
    add_account(database, "reader", password)
    limited = add_account(database, "limited", password)
    add_account(database, "locked", password)
    add_account(database, "disabled", password, userAccountControl=str(dsdb.UF_NORMAL_ACCOUNT | dsdb.UF_ACCOUNTDISABLE))
    add_account(database, "expired", password, accountExpires="116444736000000000")
    add_account(database, "stale", password, pwdLastSet="0")
    writer = account_sid(database, add_account(database, "writer", password))
    # As dsacls gives it: the right to write the two attributes of everything below, and nothing else.
    put_first(
        database,
        f"OU=Writable,{DOMAIN}",
        "".join(f"(OA;CI;WP;{guid};;{writer})" for guid in CERTIFICATE_ATTRIBUTES),
    )
    # As the delegation of "Replicating Directory Changes" gives it (schemaIDGUID of DS-Replication-Get-Changes).
    replicator = account_sid(database, add_account(database, "replicating", password))
    put_first(database, DOMAIN, f"(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;{replicator})")
    # The names by which Kerberos knows the server; the provision registers none for LDAP.
    computer = ldb.Message(ldb.Dn(database, f"CN=DC1,OU=Domain Controllers,{DOMAIN}"))
    names = ["ldap/dc1.contoso.test", "ldap/localhost"]
    computer["s"] = ldb.MessageElement(names, ldb.FLAG_MOD_ADD, "servicePrincipalName")
    database.modify(computer)
    sid = account_sid(database, limited)
    for number in (1, 2, 3):
        dn = f"CN=Restricted {number},OU=Restricted,{DOMAIN}"
        database.add({
            "dn": dn,
            "objectClass": "user",
            "sAMAccountName": f"restricted{number}",
            "mail": f"restricted{number}@contoso.test",
            "userCertificate": bytes([0x30, 0x01, number]),
            "userSMIMECertificate": bytes([0x30, 0x02, number, number]),
        })
        put_first(database, dn, "".join(f"(OD;;RP;{guid};;{sid})" for guid in CERTIFICATE_ATTRIBUTES))
    database.transaction_commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
