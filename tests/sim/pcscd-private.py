#!/usr/bin/python3
"""A pcscd of one's own with virtual readers, beside any other on this host.

    pcscd-private.py DIR PORT... [-- pcscd options]

Clients reach it by PCSCLITE_CSOCK_NAME=DIR/pcscd.comm.  Each PORT makes the
reader "Holdfast Reader N 00 00", whose card is whoever connects to that port
(vcard.py); the driver takes PORT + 1 for a second slot, so keep them two
apart.  vpcd listens on every address: where the kernel lets us, pcscd runs in
a network namespace of its own with nothing but a loopback, and vcard.py goes
in there by DIR/pcscd.pid.  DIR/pcscd.namespace says "yes" or "no".
"""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import sys

DRIVER = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so'
NEWNS, NEWUSER, NEWNET = 0x20000, 0x10000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
libc = ctypes.CDLL(None, use_errno=True)


def call(rc, what):
    if rc != 0:
        raise OSError(ctypes.get_errno(), what)


def mount(source, target, kind, flags, data=None):
    call(libc.mount(source, target, kind, ctypes.c_ulong(flags), data), 'mount')


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP))


def enter_namespaces():
    """Own network and own /run (pcscd's pid file is at a fixed path)."""
    uid, gid = os.getuid(), os.getgid()
    call(libc.unshare(NEWNS | NEWNET | (NEWUSER if uid else 0)), 'unshare')
    if uid:
        for name, text in (('setgroups', 'deny'), ('uid_map', '0 %d 1' % uid), ('gid_map', '0 %d 1' % gid)):
            with open('/proc/self/' + name, 'w') as f:
                f.write(text)
    mount(None, b'/', None, MS_REC | MS_PRIVATE)
    mount(b'hf-run', b'/run', b'tmpfs', 0, b'size=1m,mode=0755')
    loopback_up()


def configure(folder, ports):
    """One copy of the driver a reader: it keeps its state in static variables."""
    conf = folder + '/reader.conf.d'
    shutil.rmtree(conf, ignore_errors=True)
    os.makedirs(conf)
    for i, port in enumerate(ports):
        lib = '%s/libifdvpcd%d.so' % (folder, i)
        shutil.copy(DRIVER, lib)
        with open('%s/reader%d' % (conf, i), 'w') as f:
            f.write('FRIENDLYNAME "Holdfast Reader %d"\nDEVICENAME /dev/null:%d\nLIBPATH %s\nCHANNELID %d\n'
                    % (i, port, lib, port))
    return conf


def listen(path):
    if os.path.exists(path):
        os.unlink(path)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    os.chmod(path, 0o666)
    s.listen(16)
    return s


def note(folder, name, text):
    with open(folder + '/' + name, 'w') as f:
        f.write(text + '\n')


def main():
    args = sys.argv[1:]
    options = []
    if '--' in args:
        options = args[args.index('--') + 1:]
        args = args[:args.index('--')]
    if len(args) < 2:
        sys.exit(__doc__)
    folder, ports = os.path.abspath(args[0]), [int(p, 0) for p in args[1:]]
    os.makedirs(folder, exist_ok=True)
    conf = configure(folder, ports)
    try:
        enter_namespaces()
        inside = 'yes'
    except OSError as why:
        inside = 'no'
        print('pcscd-private: no namespace (%s): the virtual readers listen on every address' % why,
              file=sys.stderr)
        os.makedirs('/run/pcscd', exist_ok=True)
    comm = listen(folder + '/pcscd.comm')
    note(folder, 'pcscd.ports', ' '.join(map(str, ports)))
    note(folder, 'pcscd.namespace', inside)
    note(folder, 'pcscd.pid', str(os.getpid()))
    if comm.fileno() != 3:                      # systemd's socket activation: the first descriptor is 3
        os.dup2(comm.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
    os.execv('/usr/sbin/pcscd', ['pcscd', '-f', '-c', conf] + options)


if __name__ == '__main__':
    main()
