"""Open loop: sends requests when they are due, whether or not answers come, and counts from that moment. It reads jobs, one JSON a line, and answers each with one.

Beside them it posts to the paths of `beside` in turn, each as soon as the one before is answered, as an operator would; over and over, or `once`.
It stands for clients on other machines, so it takes no processor while it waits (a Node process could only spin: its timers are a millisecond late), and where the machine
allows it goes before everything else that runs here, on the processor that its first word names.
"""

import gc
import json
import os
import select
import socket
import sys
import time

connections = 64
now = time.perf_counter


def request_bytes(target, path, body):
    headers = {"host": f"127.0.0.1:{target['port']}", "content-type": "application/json", "content-length": len(body), **target["headers"]}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n{body}".encode()


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Errand:
    """Requests that follow each other, over a connection of their own."""

    def __init__(self, target, paths, is_once):
        self.requests = [request_bytes(target, path, "{}") for path in paths]
        self.sent = 0
        self.is_once = is_once
        self.is_waiting = False
        self.connection = connect(target["port"]) if paths else None

    @property
    def cycles(self):
        return self.sent // len(self.requests) if self.requests else 0

    @property
    def is_half_way(self):
        return self.sent % len(self.requests) > 0

    def send_next(self):
        if self.is_once and self.cycles == 1:
            return
        self.connection.send(self.requests[self.sent % len(self.requests)])
        self.sent += 1
        self.is_waiting = True

    def take_answer(self):
        self.is_waiting = False
        answer = self.connection.recv(65_536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self.connection.recv(65_536)
        if answer[9:12] != b"200":
            sys.exit(f"an answer beside the load was no 200: {body.decode(errors='replace')}")

    def finish(self):
        while self.is_waiting:
            self.take_answer()
            if self.is_half_way:
                self.send_next()
        self.connection.close()


def run(job):
    target, rate = job["target"], job["rate"]
    request, total = request_bytes(target, target["path"], target["body"]), round(rate * job["seconds"])
    errand = Errand(target, job.get("beside", []), job.get("once", False))
    beside = [errand.connection] if errand.requests else []
    idle = [connect(target["port"]) for _ in range(connections)]
    busy, due, latencies, errors, planned = {}, [], [], 0, 0
    start = now() + 0.05
    if beside:
        errand.send_next()
    while len(latencies) < total:
        moment = now()
        while planned < total and start + planned / rate <= moment:
            due.append(start + planned / rate)
            planned += 1
        while due and idle:
            connection = idle.pop()
            connection.send(request)
            busy[connection] = due.pop(0)
        wait = max(0.0, start + planned / rate - now()) if planned < total else 1.0
        for connection in select.select([*busy, *beside], [], [], wait)[0]:
            if connection is errand.connection:
                errand.take_answer()
                errand.send_next()
                continue
            answer = connection.recv(65_536)  # some hundred bytes, written at once
            sent_due = busy.pop(connection)
            latencies.append((sent_due - start, (now() - sent_due) * 1_000))
            errors += answer[9:12] != b"200"
            idle.append(connection)
    for connection in idle:
        connection.close()
    if beside:
        errand.finish()
    ordered = sorted(ms for _, ms in latencies)
    seconds = {int(at) for at, _ in latencies}
    p99s = [quantile(sorted(ms for at, ms in latencies if int(at) == second), 0.99) for second in sorted(seconds)]
    return {"p50": quantile(ordered, 0.5), "p99": quantile(ordered, 0.99), "p99s": p99s, "errors": errors, "count": total, "cycles": errand.cycles}


def go_first():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    except (AttributeError, PermissionError):
        print("the load generator may not go first on this machine, so its own waits are counted, too", file=sys.stderr)


if __name__ == "__main__":
    gc.disable()
    go_first()
    if len(sys.argv) > 1:
        try:
            os.sched_setaffinity(0, {int(sys.argv[1])})
        except OSError:
            print(f"the load generator may not have processor {sys.argv[1]} to itself", file=sys.stderr)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
