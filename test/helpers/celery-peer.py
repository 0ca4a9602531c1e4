"""Stands in for a worker: hears what is broadcast to workers, answers a ping, and sends the events it is told to.

usage: celery-peer.py BROKER_URL SETTINGS_JSON; standard input: one event a line, as JSON
"""
import json
import socket
import sys
import threading

from celery import Celery

app = Celery('peer', broker=sys.argv[1])
app.conf.update(json.loads(sys.argv[2]))


def say(**said):
    print(json.dumps(said), flush=True)


def listen():
    def heard(state, **arguments):
        say(heard='enable_events', arguments=arguments)

    with app.connection_for_read() as connection:
        handlers = {'enable_events': heard, 'ping': lambda state, **arguments: {'ok': 'pong'}}
        channel = connection.default_channel
        node = app.control.mailbox(connection).Node('peer@test', channel=channel, state={}, handlers=handlers)
        node.listen(channel=channel)
        say(ready=True)
        while True:
            try:
                connection.drain_events(timeout=1)
            except socket.timeout:
                pass


threading.Thread(target=listen, daemon=True).start()
with app.connection_for_write() as connection:
    dispatcher = app.events.Dispatcher(connection, hostname='peer@test')
    for line in sys.stdin:
        event = json.loads(line)
        dispatcher.send(event.pop('type'), **event)
        say(sent=True)
