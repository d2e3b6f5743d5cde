"""For every pytest folder: this folder is on the path, and no cache of an earlier run is used."""

import os

os.environ["ATTN_CACHE_DIR"] = ""
