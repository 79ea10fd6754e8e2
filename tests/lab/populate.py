"""Adds LDIF to a sam.ldb: populate.py SAM_LDB SMB_CONF [--remove DN] FILE...

With --remove that container goes first, with all that is in it.
"""

import argparse
import re

import ldb

from database import open_database

parser = argparse.ArgumentParser()
parser.add_argument("database")
parser.add_argument("configuration")
parser.add_argument("--remove")
parser.add_argument("files", nargs="*")
arguments = parser.parse_intermixed_args()

database = open_database(arguments.database, arguments.configuration)
database.transaction_start()
try:
    if arguments.remove:
        try:
            database.delete(arguments.remove, ["tree_delete:1"])
        except ldb.LdbError as error:
            if error.args[0] != ldb.ERR_NO_SUCH_OBJECT:
                raise
    for name in arguments.files:
        with open(name, encoding="utf-8") as file:
            # Samba's reader does not know the version line of RFC 2849.
            database.add_ldif(re.sub(r"\Aversion: 1\n+", "", file.read()))
except BaseException:
    database.transaction_cancel()
    raise
database.transaction_commit()
