#!/bin/sh
# Each process under its own user with nothing it does not need; opening code only where it belongs; no secret in argv.
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"
rel_make
rel_serve || exit 1
rel_printer p1 || exit 1
rel_reader r1 p1 || exit 1
badge ann 04112233445566
PARENT=$(cat "$S/run/released.pid")

field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
runs_as() { # runs_as PID USER GROUPS
	is "$4 runs as $2" "$(field "$1" Uid)" "$(printf '%s\t%s\t%s\t%s' "$3" "$3" "$3" "$3")"
	is "… its group too" "$(field "$1" Gid)" "$(id -g "$2" | awk '{ printf "%s\t%s\t%s\t%s", $1, $1, $1, $1 }')"
}
confined() { # confined PID NAME SECCOMP
	for c in CapInh CapPrm CapEff CapBnd CapAmb; do
		is "$2: $c is empty" "$(field "$1" $c)" 0000000000000000
	done
	is "$2: no new privileges" "$(field "$1" NoNewPrivs)" 1
	is "$2: system calls are filtered" "$(field "$1" Seccomp)" "$3"
	is "$2: no core files" "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$1/limits")" "0 0"
	is "$2: not dumpable, its memory belongs to root" "$(stat -c %u "/proc/$1/mem")" 0
}
open_files() { ls "/proc/$1/fd" | sort -n | tr '\n' ' '; }

q=$(rel_child hf-queue)
k=$(rel_child hf-key)
d=$(rel_child hf-deliver)
runs_as "$q" hf-queue "$(id -u hf-queue)" "role queue"
is "… and in the group of intake only" "$(field "$q" Groups | tr -d ' ')" "$(getent group hf-intake | cut -d: -f3)"
confined "$q" "role queue" 2
runs_as "$k" hf-key "$(id -u hf-key)" "role key"
is "… and in no other group" "$(field "$k" Groups | tr -d ' ')" ""
confined "$k" "role key" 2
runs_as "$d" hf-deliver "$(id -u hf-deliver)" "a deliver process"
is "… and in no other group" "$(field "$d" Groups | tr -d ' ')" ""
confined "$d" "deliver" 2

h=$(rel_child hf-hash | head -n 1)
runs_as "$h" hf-key "$(id -u hf-key)" "a hasher"
confined "$h" "hasher" 2
is "a hasher has its socket and nothing else open" "$(open_files "$h")" "0 1 2 3 "

is "the parent keeps five capabilities" "$(field "$PARENT" CapEff)" 00000000000001e4
is "… and could not get more" "$(field "$PARENT" CapBnd)" 00000000000001e4
is "… nor by a program of root" "$(field "$PARENT" NoNewPrivs)" 1

is "role key has its socket and nothing else open" "$(open_files "$k")" "0 1 2 3 "
is "… no network, no file: its socket is a pair" "$(readlink "/proc/$k/fd/3" | cut -d: -f1)" socket
if [ -z "${HF_ASAN:-}" ]; then
	check "… its memory is locked" test "$(awk '/^VmLck/ { print $2 }' "/proc/$k/status")" -gt 1000
	check "… and small" test "$(awk '/^VmHWM/ { print $2 }' "/proc/$k/status")" -lt 8000
	is "role queue has no environment" "$(tr '\0' '\n' < "/proc/$q/environ" | wc -l)" 0
	is "role key has no environment" "$(tr '\0' '\n' < "/proc/$k/environ" | wc -l)" 0
	is "deliver has no environment" "$(tr '\0' '\n' < "/proc/$d/environ" | wc -l)" 0
fi
for p in "$q" "$k" "$d"; do
	is "$(cat "/proc/$p/comm"): a process group of its own" "$(ps -o pgid= -p "$p" | tr -d ' ')" "$p"
	is "$(cat "/proc/$p/comm"): standard input is /dev/null" "$(readlink "/proc/$p/fd/0")" /dev/null
done

# --- argv
master=$(od -An -v -tx1 "$S/keys/master.key" | tr -d ' \n')
for p in "$PARENT" "$q" "$k" "$d"; do
	tr '\0' ' ' < "/proc/$p/cmdline"
	echo
done > "$S/argv"
is "argv is what ps shows, and nothing secret" "$(sed "s|$S|S|g" "$S/argv" | tr '\n' '|')" \
	"S/sw/usr/sbin/holdfast-released -c S/etc/released.conf |hf-queue -c S/etc/released.conf |hf-key |hf-deliver -l 2 |"
hasnt "the master key is not among it" "$S/argv" "$master"
hasnt "… nor in the log" "$S/log/released.log" "$master"

# --- files
is "others cannot read the keystore" "$(stat -c '%U %a' "$S/keys/keystore")" "hf-queue 600"
is "nor the master key" "$(stat -c '%U %a' "$S/keys/master.key")" "root 600"
refuse "role queue's user cannot" setpriv --reuid hf-queue --regid hf-queue --clear-groups cat "$S/keys/master.key"
refuse "role queue's user cannot exchange it" setpriv --reuid hf-queue --regid hf-queue --clear-groups \
	mv -f "$S/keys/keylist" "$S/keys/master.key"
refuse "intake cannot list what others handed in" setpriv --reuid hf-intake --regid hf-intake --clear-groups ls "$S/spool/incoming"
is "nobody but role queue enters held" "$(stat -c '%U %a' "$S/spool/held")" "hf-queue 700"

# --- who can open documents
opening='crypto_box_seal_open|secretstream_xchacha20poly1305_(init_)?pull|secretbox_open|box_open'
if [ -z "${HF_ASAN:-}" ]; then
	for b in holdfast holdfastd holdfast-reader holdfast-released hf-queue hf-key hf-hash hf-deliver; do
		nm -D --undefined-only "$rel_build/$b" > "$S/nm"
		nm "$rel_build/$b" 2> /dev/null >> "$S/nm"
		case $b in
		hf-key) has "$b opens boxes" "$S/nm" "crypto_box_seal_open" ;;
		hf-deliver) has "$b opens documents" "$S/nm" 'secretstream.*pull' ;;
		holdfast) hasnt "$b cannot open a document" "$S/nm" 'crypto_box_seal_open|secretstream.*pull|hf_unseal' ;;
		*) hasnt "$b contains no opening code" "$S/nm" "$opening|hf_unseal" ;;
		esac
	done
	# These have libsodium inside, whose objects hold both directions: look at what our own code calls.
	nm --undefined-only "$rel_build"/cups-backend/*.o "$rel_build"/cups-backend/filter/*.o "$rel_build"/libhf.a > "$S/nm"
	has "intake calls what seals" "$S/nm" 'crypto_box_seal$'
	hasnt "intake calls nothing that opens a document" "$S/nm" 'crypto_box_seal_open|secretstream.*pull|hf_unseal'
fi
tap_done
