#!/bin/sh
# Promise 1: intake holds a public key and its own signing key; it cannot open what it stored a second ago.
set -u
root=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${HF_BUILD:-$root/build/release}
. "$root/tests/sim/tap.sh"
[ "$(id -u)" = 0 ] || tap_skip_all "only root can run a backend of mode 0700"
for u in hf-intake hf-queue; do
	getent passwd $u > /dev/null || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin $u
done
T=$(mktemp -d)
chmod 711 "$T"
holder=
trap '[ -z "$holder" ] || kill $holder 2> /dev/null; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
backend=$build/holdfast-backend
I=$T/hf
"$build/tests/sim/mkinstance" "$I" || exit 1
export HOLDFAST_INTAKE_CONF="$I/etc/intake.conf" DEVICE_URI=holdfast:/secure
uuid=job-uuid=urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8

# --- the program ---------------------------------------------------------------------------------------------------
nm "$backend" > "$T/names"
nm -D "$backend" >> "$T/names" 2> /dev/null
opening='hf_unseal|crypto_(box|secretbox|secretstream)_([a-z0-9_]*_)?(open|pull)|crypto_scalarmult_curve25519_open|EVP_Open'
hasnt "no function in the backend opens anything" "$T/names" "[Tt] .*($opening)"
hasnt "nor is one asked for" "$T/names" "U .*($opening)"
has "(the functions that seal are there)" "$T/names" 'crypto_secretstream_xchacha20poly1305_push|crypto_secretstream_xchacha20poly1305_init_push'
for f in "$build"/cups-backend/*.o; do nm -u "$f"; done > "$T/asked"
hasnt "its own code asks for none" "$T/asked" "$opening"
nm "$build/tests/sim/hfopen" > "$T/control"
has "(which a program that opens does)" "$T/control" "$opening"
nm "$build/hfframe" > "$T/frame"
hasnt "the filter has no cryptography at all" "$T/frame" 'crypto_|sodium|SHA|EVP'

# --- what it may read ----------------------------------------------------------------------------------------------
as_intake() { setpriv --reuid hf-intake --regid hf-intake --clear-groups "$@"; }
for f in master.key keystore; do
	refuse "hf-intake cannot read keys/$f" as_intake cat "$I/keys/$f"
done
check "(it can read its own key)" as_intake cat "$I/keys/host.key"
refuse "it cannot list what is stored" as_intake ls "$I/spool/incoming"
refuse "nor what is held" as_intake ls "$I/spool/held"

# --- its memory ----------------------------------------------------------------------------------------------------
# A document of which two chunks are sealed already; the pipe stays open, so the worker waits with all that it has.
head -c 400000 /dev/urandom > "$T/doc"
"$build/hfframe" 1 u t 1 "" "$T/doc" > /dev/null 2>&1
{ printf '%%!PS\n'; cat "$T/doc"; } > "$T/doc.ps"
"$build/hfframe" 1 u t 1 "" "$T/doc.ps" > "$T/frames"
mkfifo "$T/pipe"
sleep 60 > "$T/pipe" &
holder=$!
FINAL_CONTENT_TYPE=application/vnd.holdfast "$backend" 1 ann t 1 $uuid < "$T/pipe" > "$T/out" 2> "$T/err" &
p=$!
size=$(stat -c %s "$T/frames")
head -c $((size - 5)) "$T/frames" > "$T/pipe"
until_true 10 pgrep -P $p
w=$(pgrep -P $p)
written() { # 300 KiB of it are in the unnamed file
	for l in /proc/"$w"/fd/*; do
		case $(readlink "$l") in */incoming/*deleted*) [ "$(stat -Lc %s "$l")" -gt 300000 ] && return 0 ;; esac
	done
	return 1
}
check "the worker has sealed most of a document" until_true 10 written
if [ -n "${HF_ASAN:-}" ]; then
	echo "# the sanitizer maps terabytes: the memory is looked at in the other build"
else
/usr/bin/python3 - "$w" "$I" "$T" > "$T/memory" <<'E'
import struct, sys
pid, inst, out = sys.argv[1:]
image = b''
for line in open('/proc/%s/maps' % pid):
    a, b = (int(x, 16) for x in line.split()[0].split('-'))
    if 'r' not in line.split()[1] or '[v' in line:
        continue
    with open('/proc/%s/mem' % pid, 'rb') as m:
        try:
            m.seek(a)
            image += m.read(b - a)
        except (OSError, ValueError):
            pass
host = open(inst + '/keys/host.key').read().split()
listing = open(inst + '/keys/keylist', 'rb').read()
release = listing[8 + 8 + 8 + 8 + 32 + 2 + 8:][:32]
print('host', bytes.fromhex(host[0]) in image)
print('release', release in image)
open(out + '/image', 'wb').write(image)
E
has "(its memory was read: its own signing key is in it)" "$T/memory" '^host True$'
has "and the public key that it seals to" "$T/memory" '^release True$'
cat > "$T/look.c" <<'E'
/* Are any of the instance's private keys in the image? */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/file.h"
#include "lib/keylist.h"
int
main(int argc, char **argv)
{
	struct hf_buf m, s, i;
	struct hf_keystore *k;
	struct hf_err e;
	char path[4096];
	size_t n;

	hf_buf_init(&m, 64);
	hf_buf_init(&s, 65536);
	hf_buf_init(&i, 64 << 20);
	if (argc != 3 || sodium_init() == -1 || (k = sodium_malloc(sizeof *k)) == NULL)
		return 2;
	snprintf(path, sizeof path, "%s/keys/master.key", argv[1]);
	if (hf_file_read(AT_FDCWD, path, &m, &e) == -1)
		return 2;
	snprintf(path, sizeof path, "%s/keys/keystore", argv[1]);
	if (hf_file_read(AT_FDCWD, path, &s, &e) == -1 || hf_file_read(AT_FDCWD, argv[2], &i, &e) == -1 ||
	    hf_keystore_get(hf_buf_view(&s), m.p, k, &e) == -1)
		return 2;
	n = (memmem(i.p, i.n, m.p, 32) != NULL) + (memmem(i.p, i.n, k->site_seed, 32) != NULL) +
	    (memmem(i.p, i.n, k->tap_sk, 32) != NULL) + (memmem(i.p, i.n, k->pepper, 32) != NULL) +
	    (memmem(i.p, i.n, k->epoch_sk[0], 32) != NULL);
	printf("public %d private %zu\n", memmem(i.p, i.n, k->epochs[0].pk, 32) != NULL, n);
	return 0;
}
E
cc -D_GNU_SOURCE -I"$root" ${HF_ASAN:+-fsanitize=address,undefined} -o "$T/look" "$T/look.c" "$build/libhf.a" -lsodium -lcrypto 2> "$T/cc" ||
	sed 's/^/# /' "$T/cc"
is "no private key of the release service is" "$("$T/look" "$I" "$T/image")" "public 1 private 0"
fi

# --- a second later ------------------------------------------------------------------------------------------------
tail -c 5 "$T/frames" > "$T/pipe"
kill $holder
wait $holder 2> /dev/null
holder=
wait $p
is "the job is stored" "$? $(ls "$I/spool/incoming" | wc -l)" "0 1"
check "and the worker is gone with what it knew" until_true 5 test ! -d "/proc/$w"
f=$(ls "$I"/spool/incoming/*)
check "(who has the release key can open it)" "$build/tests/sim/hfopen" "$I" "$f" "$T/plain"
check "(to the same bytes)" cmp "$T/plain" "$T/doc.ps"
refuse "hf-intake cannot, though it may read the file" as_intake "$build/tests/sim/hfopen" "$I" "$f"
tap_done
