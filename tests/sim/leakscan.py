#!/usr/bin/python3
"""leakscan.py CANARY... -- PATH... : is a secret readable at rest?

Looks for each CANARY in every file below each PATH (and in every file's name), as UTF-8, UTF-16 of both byte orders,
hexadecimal in both cases, and base64 at its three alignments.  A CANARY of the form hex:0102 is bytes.  Prints one
line a finding, `PATH: CANARY-NUMBER FORM OFFSET`, never the canary.  Exit status: 0 nothing found, 1 found, 2 usage.
"""
import base64
import os
import sys

STEP = 1 << 22


def forms(secret):
    yield 'plain', secret
    try:
        text = secret.decode('utf-8')
        yield 'utf-16le', text.encode('utf-16-le')
        yield 'utf-16be', text.encode('utf-16-be')
    except UnicodeDecodeError:
        pass
    yield 'hex', secret.hex().encode()
    yield 'HEX', secret.hex().upper().encode()
    for shift in range(3):
        whole = base64.b64encode(b'\0' * shift + secret)
        # what the neighbours cannot change: drop the characters that mix with them
        first = (0, 2, 3)[shift]
        last = (len(secret) + shift) * 8 // 6
        if last - first >= 8:
            yield 'base64+%d' % shift, whole[first:last]


def files(paths):
    for top in paths:
        if os.path.isfile(top):
            yield top
        for here, folders, names in os.walk(top):
            folders[:] = [f for f in folders if not os.path.islink(os.path.join(here, f))]
            for name in names:
                path = os.path.join(here, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path


def scan(path, wanted):
    longest = max(len(w) for _, _, w in wanted)
    found = []
    for number, form, w in wanted:
        if w in os.fsencode(path):
            found.append((path, number, form + ' in the name', 0))
    try:
        with open(path, 'rb') as f:
            tail, at = b'', 0
            while True:
                block = f.read(STEP)
                if not block:
                    return found
                data = tail + block
                for number, form, w in wanted:
                    k = data.find(w)
                    if k >= 0:
                        found.append((path, number, form, at - len(tail) + k))
                at += len(block)
                tail = data[-(longest - 1):]
    except FileNotFoundError:
        return found


def main(argv):
    if '--' not in argv or argv[0] == '--' or argv[-1] == '--':
        print(__doc__, file=sys.stderr)
        return 2
    cut = argv.index('--')
    wanted = []
    for number, text in enumerate(argv[:cut], 1):
        secret = bytes.fromhex(text[4:]) if text.startswith('hex:') else text.encode()
        wanted += [(number, form, w) for form, w in forms(secret)]
    seen, found = 0, []
    for path in files(argv[cut + 1:]):
        seen += 1
        found += scan(path, wanted)
    for path, number, form, at in sorted(set(found)):
        print('%s: canary %d as %s at %d' % (path, number, form, at))
    print('scanned %d files, %d findings' % (seen, len(found)), file=sys.stderr)
    if seen == 0:
        return 2
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
