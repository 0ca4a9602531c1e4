"""Sends the shop's tasks, about `--rate` a second, until it is told to stop."""

import argparse
import itertools
import random
import signal
import sys
import time
from datetime import datetime, timedelta, timezone

import shop

SUBJECTS = ["Спасибо за заказ 🌷", "Vielen Dank für Ihre Bestellung", "ご注文ありがとうございます", "شكرا لطلبك", "Дякуємо 🇺🇦 👩‍🌾"]
CUSTOMERS = range(4700, 4720)


def customer():
    return random.choice(CUSTOMERS)


def whole_order(number):
    shop.order(number, customer(), {"rose": random.randint(1, 9), "fern": 1}).apply_async()
    return 4


def order_with_a_busy_gateway(number):
    shop.order(number, customer(), {"moss": 12}, busy_times=random.randint(1, 3)).apply_async()
    return 5


def reserve(_number):
    shop.reserve.delay(random.choice(["rose", "tulip", "fern"]), random.randint(1, 5))
    return 1


def reserve_what_is_not_sold(_number):
    shop.reserve.delay("orchid", count=random.randint(1, 3))
    return 1


def reserve_too_many(_number):
    shop.reserve.delay("moss", 1000)
    return 1


def greet(_number):
    shop.say.delay("hello world")
    return 1


def mail(number):
    shop.send_mail.delay(random.choice(SUBJECTS), to=f"customer-{customer()}@example.org", body=f"№ {number} — ✓")
    return 1


def mail_later(number):
    eta = datetime.now(timezone.utc) + timedelta(seconds=10)
    shop.send_mail.apply_async((f"How was order {number}? ⭐",), {"to": f"customer-{customer()}@example.org"}, eta=eta)
    return 1


def catalogue_page(number):
    lines = [f"{number}-{line:04d} Rosa × damascena, bare root, grade {line % 3}" for line in range(120)]
    shop.import_page.delay(number, lines, source="https://example.org/catalogue?page=" + "0" * 400 + str(number))
    return 1


def report(number):
    shop.daily_report(4, f"Report {number}").apply_async()
    return 5


def pick_up(number):
    shop.pick_up.apply_async((f"P{number:06d}",), countdown=5)
    return 1


def pick_up_called_off(number):
    result = shop.pick_up.apply_async((f"P{number:06d}",), countdown=6)
    time.sleep(0.5)  # The worker has it by then.
    result.revoke()
    return 1


# In this order and again from the start, so that one of each is seen in the first half minute.
DAY = [whole_order, greet, mail, reserve, reserve_what_is_not_sold, order_with_a_busy_gateway, pick_up_called_off]
DAY += [mail, catalogue_page, report, pick_up, mail_later, whole_order, reserve, reserve_too_many, mail, whole_order]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=4, help="tasks a second")
    rate = parser.parse_args().rate
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    due = time.monotonic()
    for number, send in enumerate(itertools.cycle(DAY), start=1000):
        due = max(due + send(number) / rate, time.monotonic() - 5)
        time.sleep(max(0, due - time.monotonic()))


if __name__ == "__main__":
    main()
