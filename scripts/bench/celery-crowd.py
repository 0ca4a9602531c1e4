"""Stands in for many workers at once: each answers what workers are asked, by Celery's own mailboxes.

usage: celery-crowd.py BROKER_URL NUMBER; standard output: READY, then the name of each command, once for each broadcast
"""
import socket
import sys

from celery import Celery

app = Celery('crowd', broker=sys.argv[1])
names = [f'crowd{number}@test' for number in range(int(sys.argv[2]))]
tasks = [f'crowd.task_{number}' for number in range(50)]
held = {'id': 'a', 'name': tasks[0], 'args': [1], 'kwargs': {}, 'hostname': names[0], 'delivery_info': {}}
answers = {
    'stats': {'pid': 1, 'uptime': 60, 'pool': {'processes': [1, 2]}, 'broker': {'hostname': 'here'}},
    'active_queues': [{'name': 'celery', 'routing_key': 'celery'}],
    'registered': tasks,
    'scheduled': [],
    'active': [held] * 5,
    'reserved': [held] * 10,
    'revoked': ['b'] * 100,
    'conf': {f'setting_{number}': 'x' * 20 for number in range(150)},
}


def to_handler(answer):
    return lambda state, **arguments: answer


def to_hearer(node):
    def hear(body, message):
        if node.hostname == names[0]:
            print(body['method'], flush=True)
        # Redis gives a connection one copy of a broadcast, whatever the number of its mailboxes.
        for each in nodes if is_redis else [node]:
            each.handle_message(body, message)

    return hear


with app.connection_for_read() as connection:
    is_redis = connection.transport.driver_type == 'redis'
    channel = connection.default_channel
    handlers = {method: to_handler(answer) for method, answer in answers.items()}
    mailbox = app.control.mailbox(connection)
    nodes = [mailbox.Node(name, channel=channel, state={}, handlers=handlers) for name in names]
    for node in nodes[:1] if is_redis else nodes:
        node.listen(channel=channel, callback=to_hearer(node))
    print('READY', flush=True)
    while True:
        try:
            connection.drain_events(timeout=1)
        except socket.timeout:
            pass
