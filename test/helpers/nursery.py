"""The demo's shop with a task that takes its time, for tests that look at tasks while they run."""

import time

from shop import app


@app.task(name="nursery.grow")
def grow(seconds, seed="moss"):
    time.sleep(seconds)
    return f"{seed} grew for {seconds} s"


@app.task(name="nursery.wither")
def wither(seconds):
    time.sleep(seconds)
    raise ValueError("too dry")
