#!/usr/bin/python3
"""Contactless cards for the virtual readers of pcscd-private.py, good ones and hostile ones.

    vcard.py DIR READER          commands on standard input, one a line:
        in UIDHEX [ATRHEX] [as=BEHAVIOUR]     a card is laid on (after taking away another)
        out                                   it is taken away
    vcard.py DIR READER FIFO     the same from a fifo that is made

What happens is told on standard output: "MONOTONIC-SECONDS in|uid|out|…".

BEHAVIOUR, what the card does when it is asked for its number:
    mute            never answers              pull           is pulled in mid-command
    endless         61xx for ever              endless-data   16 bytes and 61xx for ever
    empty           an answer of no byte       one            of one byte
    long            300 bytes                  huge           65000 bytes
    6c              wrong length, then right   6c-endless     wrong length for ever
    sw=XXXX         only a status word         slow=SECONDS   right, but late
    swap=UIDHEX     another card lies there from now on
    mute-power      answers not even to power
"""
import ctypes
import os
import socket
import struct
import sys
import threading
import time

NEWNET, NEWUSER = 0x40000000, 0x10000000


def storage_atr(card):
    """PC/SC part 3: ISO 14443 A part 3 storage card of this name (1 MIFARE 1K, 2 4K, 3 Ultralight …)."""
    b = bytes.fromhex('8F8001804F0CA0000003060300%02X00000000' % card)
    check = 0
    for x in b:
        check ^= x
    return (b'\x3b' + b + bytes([check])).hex()


MIFARE1K = storage_atr(1)


def enter(folder):
    """Into the network namespace of that pcscd, if it has one."""
    if open(folder + '/pcscd.namespace').read().strip() != 'yes':
        return
    pid = open(folder + '/pcscd.pid').read().strip()
    libc = ctypes.CDLL(None, use_errno=True)
    kinds = [('net', NEWNET)] if os.getuid() == 0 else [('user', NEWUSER), ('net', NEWNET)]
    for name, flag in kinds:
        with open('/proc/%s/ns/%s' % (pid, name)) as f:
            if libc.setns(f.fileno(), flag) != 0:
                raise OSError(ctypes.get_errno(), 'setns ' + name)


def port_of(folder, reader):
    return int(open(folder + '/pcscd.ports').read().split()[int(reader)])


def tell(what):
    print('%.6f %s' % (time.monotonic(), what), flush=True)


class Card(threading.Thread):
    def __init__(self, port, uid, atr=MIFARE1K, behaviour='', tell=tell):
        super().__init__(daemon=True)
        self.port, self.uid, self.tell = port, bytes.fromhex(uid), tell
        self.atr = bytes.fromhex(atr)
        self.behaviour, _, self.value = behaviour.partition('=')
        self.asked = 0              # times the number was asked for
        self.answered = threading.Event()
        self.gone = threading.Event()
        self.connect()
        self.start()

    def connect(self):
        deadline = time.monotonic() + 5     # pcscd may just be starting, or has not seen the last card go
        while True:
            try:
                self.s = socket.create_connection(('127.0.0.1', self.port), 5)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self.s.settimeout(None)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self, n):
        b = b''
        while len(b) < n:
            # vpcd sends length and body apart; a delayed ACK would cost 40 ms each time.
            self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self.s.recv(n - len(b))
            if not part:
                raise EOFError
            b += part
        return b

    def send(self, b):
        self.s.sendall(struct.pack('>H', len(b)) + b)

    def run(self):
        try:
            while True:
                message = self.receive(struct.unpack('>H', self.receive(2))[0])
                if len(message) > 1:
                    answer = self.apdu(message)
                    if answer is not None:
                        self.send(answer)
                        self.answered.set()
                elif message[0] == 4 and self.behaviour != 'mute-power':    # 0 off, 1 on, 2 reset: no answer
                    self.send(self.atr)
        except (EOFError, OSError):
            pass
        self.gone.set()

    def apdu(self, a):
        """The answer to one command, or None for none at all."""
        if a[:4] == b'\xff\xca\0\0':
            self.asked += 1
            self.tell('uid')
            return getattr(self, 'as_' + self.behaviour.replace('-', '_'), self.as_)(a)
        if a[1:2] == b'\xc0' and self.behaviour.startswith('endless'):
            return self.as_endless_data(a) if self.behaviour == 'endless-data' else b'\x61\x10'
        return b'\x6a\x81' if a[:1] == b'\xff' else b'\x6d\0'

    def as_(self, a):
        return self.uid + b'\x90\0'

    def as_mute(self, a):
        self.gone.wait()

    def as_pull(self, a):
        self.out()

    def as_endless(self, a):
        return b'\x61\x10'

    def as_endless_data(self, a):
        return bytes(range(16)) + b'\x61\x10'

    def as_empty(self, a):
        return b''

    def as_one(self, a):
        return b'\x90'

    def as_long(self, a):
        return bytes(300) + b'\x90\0'

    def as_huge(self, a):
        return b'\x55' * 65000 + b'\x90\0'

    def as_6c(self, a):
        if a[4] == len(self.uid):
            return self.as_(a)
        return bytes([0x6c, len(self.uid)])

    def as_6c_endless(self, a):
        return b'\x6c\x07'

    def as_sw(self, a):
        return bytes.fromhex(self.value)

    def as_slow(self, a):
        time.sleep(float(self.value))
        return self.as_(a)

    def as_swap(self, a):
        self.out()
        self.uid, self.behaviour = bytes.fromhex(self.value), ''
        self.connect()
        self.gone.clear()
        threading.Thread(target=self.run, daemon=True).start()

    def out(self):
        self.gone.set()
        try:
            self.s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.s.close()


def lines(path):
    """Standard input, or a fifo that never ends because we hold both ends of it."""
    if path is None:
        return sys.stdin
    os.mkfifo(path)
    return os.fdopen(os.open(path, os.O_RDWR), 'r')


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    enter(sys.argv[1])
    port, card = port_of(sys.argv[1], sys.argv[2]), None
    for line in lines(sys.argv[3] if len(sys.argv) == 4 else None):
        words = line.split()
        if card:
            card.out()
            card = None
            tell('out')
        if words and words[0] == 'in':
            atr = [w for w in words[2:] if not w.startswith('as=')]
            how = [w[3:] for w in words[2:] if w.startswith('as=')]
            card = Card(port, words[1], (atr + [MIFARE1K])[0], (how + [''])[0])
            tell('in')
    if card:
        card.out()


if __name__ == '__main__':
    main()
