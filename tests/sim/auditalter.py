#!/usr/bin/python3
"""auditalter.py HOLDFAST EXPORT WITNESS KEY COUNT: alter an exported audit log in every way, at random, and see that
`holdfast audit verify` finds each one and names the record where it can; between them the true log must stay sound.
Prints "found N of N, false alarms M of K" and what was not found; exit 1 unless all were and none falsely."""
import base64
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile

HOLDFAST, EXPORT, WITNESS, KEY, COUNT = *sys.argv[1:5], int(sys.argv[5])
seed = int(os.environ.get('AUDIT_SEED') or random.SystemRandom().randrange(1 << 32))
rnd = random.Random(seed)
TRUE = open(EXPORT, 'rb').read().splitlines(keepends=True)
RECORDS = [i for i, x in enumerate(TRUE) if x.startswith(b'{"leaf"')]
CHECKPOINTS = [i for i, x in enumerate(TRUE) if x.startswith(b'{"checkpoint"')]
tmp = tempfile.mkdtemp(prefix='hf-alter.')


def verify(lines, *more):
    path = tmp + '/log'
    with open(path, 'wb') as f:
        f.write(b''.join(lines))
    p = subprocess.run([HOLDFAST, 'audit', 'verify', path, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode not in (0, 1, 6):
        sys.exit('verify ended with %d: %s' % (p.returncode, p.stderr.decode()))
    return p.returncode, (p.stdout + p.stderr).decode().strip()


def seq_of(line):
    return int(re.search(rb'"seq":(\d+)', line).group(1))


def rehash(line):
    """As somebody who knows the format and may write everywhere, but has no key."""
    m = re.match(rb'\{"leaf":(\{[^}]*\}),"personal":(.*),"salt":"([0-9a-f]{32})","hash":"[0-9a-f]{64}"\}\n$', line)
    pub, per, salt = m.groups()
    h = hashlib.sha256(b'\0' + pub + hashlib.sha256(bytes.fromhex(salt.decode()) + per).digest()).hexdigest().encode()
    return b'{"leaf":' + pub + b',"personal":' + per + b',"salt":"' + salt + b'","hash":"' + h + b'"}\n'


def renumber(lines):
    n, out = 0, []
    for x in lines:
        if x.startswith(b'{"leaf"'):
            x = rehash(re.sub(rb'"seq":\d+', b'"seq":%d' % n, x, count=1))
            n += 1
        out.append(x)
    return out


def another_actor(line):
    return line.replace(b'"actor":"', b'"actor":"mallory-', 1)


def record():
    return rnd.choice(RECORDS)


def edit(x):
    i = record()
    line = bytearray(x[i])
    at = rnd.randrange(len(line) - 1)
    line[at] = rnd.choice([c for c in range(33, 127) if c != line[at]])
    x[i] = bytes(line)
    return x, None


def edit_actor(x):
    i = record()
    x[i] = another_actor(x[i])
    return x, 'record %d was edited' % seq_of(TRUE[i])


def edit_and_rehash(x):
    i = record()
    x[i] = rehash(another_actor(x[i]))
    return x, 'record %d was edited, and its hash' % seq_of(TRUE[i])


def delete(x):
    i = rnd.choice(RECORDS[:-1])
    del x[i]
    return x, 'record %d is missing' % seq_of(TRUE[i])


def delete_and_renumber(x):
    del x[record()]
    return renumber(x), None


def cut_out(x):
    i = rnd.randrange(1, len(x) - 2)
    del x[i:i + rnd.randrange(1, 60)]
    return x, None


def duplicate(x):
    i = rnd.choice(RECORDS)
    x.insert(i + 1, x[i])
    return x, 'record %d is there twice' % seq_of(TRUE[i])


def duplicate_and_renumber(x):
    i = record()
    x.insert(i, x[i])
    return renumber(x), None


def swap(x):
    i, j = sorted(rnd.sample(RECORDS, 2))
    x[i], x[j] = x[j], x[i]
    return x, 'record %d was moved' % seq_of(TRUE[i])


def swap_neighbours(x):
    k = rnd.randrange(len(RECORDS) - 1)
    i, j = RECORDS[k], RECORDS[k + 1]
    x[i], x[j] = x[j], x[i]
    return x, 'record %d was moved' % seq_of(TRUE[i])


def swap_and_renumber(x):
    i, j = rnd.sample(RECORDS, 2)
    x[i], x[j] = x[j], x[i]
    return renumber(x), None


def invent(x):
    i = record()
    x.insert(i, another_actor(x[i]))
    return renumber(x), None


def cut_end(x):
    return x[:rnd.randrange(1, len(x) - 1)], None


def cut_bytes(x):
    whole = b''.join(x)
    return [whole[:rnd.randrange(1, len(whole) - 1)]], None


def roll_back(x):
    """An older backup: whole and well signed, but the witness has seen more."""
    return x[:rnd.choice(CHECKPOINTS[:-1]) + 1], 'rolled back to an older backup'


def fork(x):
    """From some record on another history, under the signed checkpoints."""
    i = rnd.choice(RECORDS)
    return x[:i] + [rehash(another_actor(y)) if y.startswith(b'{"leaf"') else y for y in x[i:]], None


def drop_checkpoint(x):
    del x[rnd.choice(CHECKPOINTS[:-1])]
    return x, None


def edit_checkpoint(x):
    i = rnd.choice(CHECKPOINTS)
    line = bytearray(x[i])
    at = rnd.randrange(len(line) - 1)
    line[at] = rnd.choice([c for c in range(33, 127) if c != line[at]])
    x[i] = bytes(line)
    return x, None


def another_checkpoint(x):
    i, j = rnd.sample(CHECKPOINTS, 2)
    x[i] = x[j]
    return x, None


def another_root(x):
    """Its text recomputed to fit a changed log; the signature cannot be."""
    i = rnd.choice(CHECKPOINTS)
    note = json.loads(x[i])['checkpoint'].split('\n')
    note[2] = base64.b64encode(rnd.randbytes(32)).decode()
    x[i] = json.dumps({'checkpoint': '\n'.join(note)}, ensure_ascii=False, separators=(',', ':')).encode() + b'\n'
    return x, 'signature'


def another_log(x):
    key = rnd.randbytes(32)
    name = 'holdfast/' + key[:8].hex()
    kh = hashlib.sha256(name.encode() + b'\n\x01' + key).hexdigest()[:8]
    x[0] = ('{"holdfast":"audit","version":1,"key":"%s+%s+%s"}\n' % (name, kh, base64.b64encode(b'\1' + key).decode())).encode()
    return x, None


KINDS = [edit, edit_actor, edit_and_rehash, delete, delete_and_renumber, cut_out, duplicate, duplicate_and_renumber, swap,
         swap_neighbours, swap_and_renumber, invent, cut_end, cut_bytes, roll_back, fork, drop_checkpoint, edit_checkpoint,
         another_checkpoint, another_root, another_log]

found = alarms = honest = 0
for n in range(COUNT):
    kind = KINDS[n % len(KINDS)]
    lines, want = kind(list(TRUE))
    if lines == TRUE:
        found += 1      # nothing was altered after all
        continue
    rc, said = verify(lines, '--witness', WITNESS, '--key', KEY)
    if rc == 0 or (want is not None and want not in said):
        print('%s: verify said %d: %s (wanted: %s)' % (kind.__name__, rc, said, want))
    else:
        found += 1
    if n % 20 == 0:
        honest += 1
        rc, said = verify(TRUE, '--witness', WITNESS, '--key', KEY)
        if rc != 0:
            alarms += 1
            print('the true log: %s' % said)
for f in os.listdir(tmp):
    os.unlink(tmp + '/' + f)
os.rmdir(tmp)
print('found %d of %d, false alarms %d of %d (seed %d)' % (found, COUNT, alarms, honest, seed))
sys.exit(found != COUNT or alarms != 0)
