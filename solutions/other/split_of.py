# %%
import hashlib


def split_of(key, heldout_share):
    u = int(hashlib.sha256(key.encode("utf-8")).hexdigest()[:16], 16) / 16**16
    if u < heldout_share:
        return "heldout"
    return "train"


# %%
import hashlib
import struct


def split_of(key, heldout_share):
    (number,) = struct.unpack(">Q", hashlib.sha256(bytes(key, "utf-8")).digest()[:8])
    return ("train", "heldout")[number * 2.0**-64 < heldout_share]
