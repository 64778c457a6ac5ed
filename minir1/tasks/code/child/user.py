"""Root runs the program as nobody: a user that owns no file and no other process.

Root is not bound by the limit on processes, may read every file and signal every process. The
other user isn't and mayn't, even where the kernel has none of the finer measures.

Python's library may lie in a folder that only root can enter. So the folder is opened before
and reached by its descriptor after: what is open stays open.
"""

import os
import sys
import sysconfig

NOBODY = 65534


def become_nobody() -> None:
    """Give up root for good, and keep the way to the library."""
    library = sysconfig.get_path("stdlib")
    descriptor = os.open(library, os.O_PATH | os.O_DIRECTORY)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    by_descriptor = f"/proc/self/fd/{descriptor}"
    sys.path = [path.replace(library, by_descriptor) for path in sys.path]
    for module in list(sys.modules.values()):
        if hasattr(module, "__path__"):
            module.__path__ = [path.replace(library, by_descriptor) for path in module.__path__]
    sys.path_importer_cache.clear()
