"""Opens the database of the lab's Samba, with all rights."""

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB


def open_database(path, configuration):
    parameters = LoadParm()
    parameters.load(configuration)
    return SamDB(url=path, session_info=system_session(parameters), lp=parameters)
