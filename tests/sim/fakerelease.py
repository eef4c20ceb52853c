#!/usr/bin/python3
"""A release service that only talks: doc/messages.md, "holdfastd -> queue".

As a module: Release(path) is a thread whose behaviour a test changes while it
runs.  As a program: fakerelease.py SOCKET answers until it is killed.
"""
import os
import select
import socket
import struct
import sys
import threading

ERROR, NONCE, TAP, ENROL, KEY_LIST_GET, HEALTH = 0x01, 0x10, 0x11, 0x12, 0x13, 0x14
READER = bytes.fromhex('11111111222243338444555555555555')
PRINTER = bytes.fromhex('aaaaaaaabbbb4ccc8dddeeeeeeeeeeee')
INPUT, DENIED, NOTFOUND, CONFLICT, AGAIN, FULL, TAMPER, CONFIG = 1, 2, 3, 4, 5, 6, 7, 8


def string(s):
    b = s if isinstance(s, bytes) else s.encode()
    return struct.pack('>H', len(b)) + b


def printers():
    return b'\x02' + PRINTER + string('p1') + READER + string('Drucker Süd')


def tap_reply(result=1, jobs=2, printer='p1', person='Ann', message='2 documents', nonce=b'\x07' * 32):
    return (struct.pack('>BH', result, jobs) + string(printer) + string(person) + string(message) +
            (b'\x01' + nonce if nonce else b'\x00' + bytes(32)))


class Release(threading.Thread):
    """answer(type, body) returns the reply's body, ('error', code, text), ('raw', bytes), ('hang up',) or None to stay mute."""

    def __init__(self, path, answer=None):
        super().__init__(daemon=True)
        self.path = path
        self.answer = answer or self.usual
        self.seen = []          # (type, body) of every question
        self.mute = []          # (connection, seq, type) of those not answered
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.path.exists(path):
            os.unlink(path)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(128)
        self.stopper, self.stopped = socket.socketpair()
        self.lock = threading.Lock()
        self.conns = []
        self.start()

    def usual(self, kind, body):
        if kind == NONCE:
            n = body[24]
            return (bytes([n]) + b''.join(bytes([i + 1]) * 32 for i in range(n)) +
                    struct.pack('>IQQ', 600, 1700000000123, 42) + printers())
        if kind == TAP:
            return tap_reply()
        if kind == ENROL:
            return READER + string('lobby') + printers()
        if kind == KEY_LIST_GET:
            return b'HFKEYS1\n' + bytes(range(200))
        if kind == HEALTH:
            return b'\x01\x01\x01'
        return ('error', INPUT, 'what is that')

    def reply(self, conn, seq, kind, body):
        if isinstance(body, tuple) and body[0] == 'error':
            packet = struct.pack('>BBHI', 1, ERROR, 0, seq) + bytes([body[1]]) + string(body[2])
        elif isinstance(body, tuple) and body[0] == 'raw':
            packet = body[1]
        elif isinstance(body, tuple) and body[0] == 'hang up':
            self.drop(conn)
            return
        else:
            packet = struct.pack('>BBHI', 1, kind | 0x80, 0, seq) + body
        try:
            conn.send(packet)
        except OSError:
            pass

    def drop(self, conn):
        with self.lock:
            self.conns.remove(conn)
        self.mute = [m for m in self.mute if m[0] is not conn]
        conn.close()

    def take(self, conn):
        try:
            packet = conn.recv(65536)
        except OSError:
            packet = b''
        if not packet:
            self.drop(conn)
            return
        version, kind, zero, seq = struct.unpack('>BBHI', packet[:8])
        assert version == 1 and zero == 0
        with self.lock:
            self.seen.append((kind, packet[8:]))
        body = self.answer(kind, packet[8:])
        if body is None:
            self.mute.append((conn, seq, kind))
        else:
            self.reply(conn, seq, kind, body)

    def run(self):
        while True:
            ready, _, _ = select.select([self.listener, self.stopped] + self.conns, [], [])
            if self.stopped in ready:
                for c in self.conns + [self.listener]:
                    c.close()
                return
            for s in ready:
                if s is self.listener:
                    with self.lock:
                        self.conns.append(s.accept()[0])
                elif s in self.conns:
                    self.take(s)

    def release_mute(self, order=lambda m: m):
        """Answer now what was left unanswered, in the order given."""
        held, self.mute = self.mute, []
        for conn, seq, kind in order(held):
            self.reply(conn, seq, kind, self.usual(kind, b'\x00' * 24 + b'\x01'))
        return len(held)

    def close(self):
        self.stopper.send(b'x')
        self.join()
        if os.path.exists(self.path):
            os.unlink(self.path)


if __name__ == '__main__':
    Release(sys.argv[1]).join()
