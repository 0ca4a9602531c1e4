"""A small shop run by Celery: one task of every kind of life a task can have.

CELERY_BROKER_URL and CELERY_RESULT_BACKEND say where. The queues are `fulfilment` and `mail`; a worker that is not
told which takes both.
"""

import os
import random
import time

from celery import Celery, chain, chord
from kombu import Queue

broker = os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0")
results = os.environ.get("CELERY_RESULT_BACKEND") or (broker if broker.startswith("redis") else "rpc://")

app = Celery("shop", broker=broker, backend=results)
app.conf.update(
    task_send_sent_event=True,
    task_default_queue="fulfilment",
    task_queues=[Queue("fulfilment"), Queue("mail")],
    task_routes={"shop.mail.*": {"queue": "mail"}},
    result_expires=3600,
    result_extended=True,
    broker_connection_retry_on_startup=True,
)

PRICES = {"rose": 350, "tulip": 220, "fern": 480, "moss": 90}


class GatewayBusy(Exception):
    """The payment gateway asks for patience."""


def work(seconds):
    """Takes about this long, as real work does."""
    time.sleep(seconds * random.uniform(0.5, 1.5))


@app.task(name="shop.orders.price")
def price(order_id, items):
    work(0.05)
    return {"order_id": order_id, "cents": sum(PRICES[item] * count for item, count in items.items())}


@app.task(
    bind=True,
    name="shop.payments.charge",
    autoretry_for=(GatewayBusy,),
    max_retries=4,
    retry_backoff=1,
    retry_backoff_max=8,
    retry_jitter=False,
)
def charge(self, priced, customer_id, busy_times=0):
    """Succeeds after the gateway was busy so many times; each wait is twice the one before."""
    work(0.15)
    if self.request.retries < busy_times:
        raise GatewayBusy(f"503 from the gateway, attempt {self.request.retries + 1}")
    return {**priced, "customer_id": customer_id, "paid": True}


@app.task(name="shop.stock.reserve")
def reserve(item, count):
    """Fails with a KeyError from some frames down for what the shop does not sell."""
    work(0.08)
    return take_from_shelf(find_shelf(item), count)


def find_shelf(item):
    return {"name": item, "left": PRICES[item]}


def take_from_shelf(shelf, count):
    if count > shelf["left"]:
        raise ValueError(f"only {shelf['left']} of {shelf['name']} left, {count} wanted")
    return {"item": shelf["name"], "left": shelf["left"] - count}


@app.task(name="shop.greetings.say")
def say(text):
    """Fails: the first thing everyone searches for."""
    raise ValueError(text)


@app.task(name="shop.catalogue.import_page")
def import_page(number, lines, source=None):
    """Takes long arguments."""
    work(0.1)
    return f"page {number}: {len(lines)} lines from {source}"


@app.task(name="shop.reports.count")
def count(hour):
    work(0.1)
    return hour * 7 % 31


@app.task(name="shop.reports.total")
def total(counts, title):
    return f"{title}: {sum(counts)}"


@app.task(name="shop.parcels.pack")
def pack(charged):
    work(0.3)
    return {**charged, "parcel": f"P{random.randrange(10**6):06d}"}


@app.task(name="shop.parcels.pick_up")
def pick_up(parcel):
    """Sent with a countdown, and sometimes revoked before its time comes."""
    work(0.05)
    return f"{parcel} is on its way"


@app.task(name="shop.mail.send")
def send_mail(subject, to, body=""):
    work(0.12)
    return f"sent “{subject}” to {to}"


@app.task(name="shop.mail.receipt")
def receipt(packed, to):
    work(0.12)
    return f"receipt for {packed['order_id']} sent to {to}"


def order(order_id, customer_id, items, busy_times=0):
    """A whole order as a chain: price, charge, pack, receipt."""
    return chain(
        price.s(order_id, items),
        charge.s(customer_id=customer_id, busy_times=busy_times),
        pack.s(),
        receipt.s(to=f"customer-{customer_id}@example.org"),
    )


def daily_report(hours, title):
    """A chord: one count for each hour, then their total."""
    return chord((count.s(hour) for hour in range(hours)), total.s(title=title))
