"""The demo's shop with tasks that tell what they were called with, and that end in every way there is."""

import datetime
import time

from celery.contrib.abortable import AbortableTask
from shop import app

app.conf.task_track_started = True


@app.task(name="callee.echo", bind=True)
def echo(self, *args, **kwargs):
    request = self.request
    info = request.delivery_info or {}
    headers = getattr(request, "headers", None) or {}
    return {
        "args": repr(args),
        "kwargs": repr(kwargs),
        "eta": request.eta,
        "expires": request.expires,
        "retries": request.retries,
        "timelimit": request.timelimit,
        "routing_key": info.get("routing_key"),
        "exchange": info.get("exchange"),
        "priority": info.get("priority"),
        "root_id": request.root_id,
        "retry_of": request.get("herbarium_retry_of") or headers.get("herbarium_retry_of"),
        "tenant": request.get("tenant") or headers.get("tenant"),
    }


@app.task(name="callee.add")
def add(x, y):
    return x + y


@app.task(name="callee.fail")
def fail(text):
    raise ValueError(text)


@app.task(name="callee.sleep")
def sleep(seconds):
    time.sleep(seconds)
    return seconds


@app.task(name="callee.again", bind=True)
def again(self):
    raise self.retry(countdown=600, exc=OSError("later"))


@app.task(name="callee.dates")
def dates():
    return {"at": datetime.datetime(2024, 2, 29, 1, 2, 3, 4), "some": {1}}


@app.task(name="callee.abortable", bind=True, base=AbortableTask)
def abortable(self):
    for _ in range(600):
        if self.is_aborted():
            return "stopped"
        time.sleep(0.05)
    return "went on"
