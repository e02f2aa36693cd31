"""Settings of every test: no deadlines (these machines are noisy), no network address but the loopback."""

import os

from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=40)
settings.load_profile("house")

# A proxy of the office would catch the requests of Prefect's client to its own server.
os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
