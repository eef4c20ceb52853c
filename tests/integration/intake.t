#!/bin/sh
# Printing through a real cupsd into the sealed store: what arrives, and that no failure of ours makes a job disappear.
set -u
root=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${HF_BUILD:-$root/build/release}
. "$root/tests/sim/tap.sh"
. "$root/tests/sim/cupsd.sh"
[ "$(id -u)" = 0 ] || tap_skip_all "only root can start a cupsd that starts backends as root"
[ -x /usr/sbin/cupsd ] || tap_skip_all "no cupsd"
for u in hf-intake hf-queue; do
	getent passwd $u > /dev/null || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin $u
done

T=$(mktemp -d)
chmod 711 "$T"
C=$T/cups
S=$C/run/cups.sock
I=$T/hf
clean() {
	cupsd_stop "$C"
	rm -rf "$T"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

canary=canary-0815
"$build/tests/sim/mkinstance" -w 20 -m 2 -q secure -q other "$I" || exit 1
export HOLDFAST_INTAKE_CONF="$I/etc/intake.conf"
CUPSD_BACKEND=$build/holdfast-backend CUPSD_FILTER=$build/hfframe CUPSD_CONF_EXTRA="PreserveJobHistory Yes
DirtyCleanInterval 0"
[ -z "${HF_ASAN:-}" ] || CUPSD_FILES_EXTRA="SetEnv ASAN_OPTIONS detect_leaks=0"
cupsd_start "$C" "$(cupsd_free_port)" || exit 1
cupsd_queue "$C" secure holdfast:/secure "$root/dist/cups/holdfast.ppd"
cupsd_queue "$C" raw holdfast:/other
cupsd_queue "$C" unknown holdfast:/nosuch "$root/dist/cups/holdfast.ppd"

/usr/bin/python3 "$root/tests/sim/mkpdf.py" 3 "$canary" "$T/doc.pdf"
/usr/bin/python3 "$root/tests/sim/mkpdf.py" 1 "second $canary" "$T/two.pdf"
printf 'plain %s\n' "$canary" > "$T/doc.txt"
{ printf 'P6\n64 64\n255\n'; head -c 12288 /dev/zero | tr '\0' 'x'; } > "$T/image.ppm"

stored() { ls "$I/spool/incoming" | wc -l; }
empty_store() { rm -f "$I"/spool/incoming/*; }
state() { cupsd_job_state "$C" "$1" | cut -d' ' -f1; }
state_is() { [ "$(state "$1")" = "$2" ]; }
job= # of the last submission
submit() {
	job=$(lp -h "$S" "$@" 2> "$T/lp.err" | sed -n 's/^request id is [^ ]*-\([0-9]*\) .*/\1/p')
	[ -n "$job" ] || sed 's/^/# lp: /' "$T/lp.err"
}
# ends STATE : the job reaches it
ends() { until_true 30 state_is "$job" "$1"; }
# Open all that is stored: document n of it is $T/plain.n, its envelope $T/env.n
open_all() {
	rm -f "$T"/plain.* "$T"/env.*
	for f in "$I"/spool/incoming/*; do
		"$build/tests/sim/hfopen" "$I" "$f" "$T/plain" > "$T/env" || return 1
		n=$(sed -n 's/^document=//p' "$T/env")
		mv "$T/plain" "$T/plain.$n"
		mv "$T/env" "$T/env.$n"
	done
}
reasons() { ipptool -tv "ipp://127.0.0.1:$(cat "$C/port")/printers/$1" get-printer-attributes.test 2> /dev/null; }
has_reason() { reasons "$1" | grep -q "printer-state-reasons.*$2"; }
hasnt_reason() { ! has_reason "$@"; }
worker() { # pid of the worker that runs for the present job
	parent=$(pgrep -P "$(cat "$C/cupsd.pid")" -x holdfast | head -n 1)
	[ -n "$parent" ] && pgrep -P "$parent"
}

# --- the usual -----------------------------------------------------------------------------------------------------
check "the PPD passes cupstestppd" cupstestppd -q -W filters "$root/dist/cups/holdfast.ppd"
lpinfo -h "$S" --include-schemes holdfast -v > "$T/out" 2>&1
has "cupsd lists the backend" "$T/out" '^network holdfast$'

submit -d secure -n 3 -o sides=two-sided-short-edge -o print-color-mode=monochrome -o media=Letter -o page-ranges=1-2 \
	-o "secret=$canary" -t "title $canary" "$T/doc.pdf"
check "a PDF is printed" ends completed
is "one file is stored" "$(stored)" 1
open_all
check "the PDF is in it byte for byte" cmp "$T/plain.1" "$T/doc.pdf"
for line in owner=root "title=title $canary" format=application/pdf queue=secure copies=3 sides=two-sided-short-edge \
	color=monochrome media=na_letter_8.5x11in option.page-ranges=1-2 "cups_job=$job" host=testhost; do
	check "the envelope has $line" grep -qxF "$line" "$T/env.1"
done
has "and CUPS' job-uuid" "$T/env.1" '^job_uuid=urn:uuid:[0-9a-f-]{36}$'
has "and the time of creation" "$T/env.1" '^created=[1-9][0-9]+$'
empty_store

submit -d secure -o ColorModel=Gray -o Duplex=DuplexNoTumble -o PageSize=A5 "$T/doc.txt"
check "text is printed" ends completed
open_all
check "and arrives as PDF" sh -c "head -c 5 $T/plain.1 | grep -q %PDF-"
is "with what was chosen in the PPD's words" "$(grep -E '^(sides|color|media)=' "$T/env.1" | tr '\n' ' ')" \
	"sides=two-sided-long-edge color=monochrome media=iso_a5_148x210mm "
empty_store
submit -d secure "$T/image.ppm"
check "an image is printed" ends completed
open_all
check "and arrives as PDF" sh -c "head -c 5 $T/plain.1 | grep -q %PDF-"
has "called so" "$T/env.1" '^format=application/pdf$'
empty_store

submit -d secure -t "three" "$T/doc.pdf" "$T/doc.txt" "$T/two.pdf"
check "three documents in one job are printed" ends completed
is "and are three sealed files" "$(stored)" 3
open_all
check "the first is the first" cmp "$T/plain.1" "$T/doc.pdf"
check "the second is the text" sh -c "head -c 5 $T/plain.2 | grep -q %PDF-"
check "the third is the third" cmp "$T/plain.3" "$T/two.pdf"
is "of one CUPS job" "$(cat "$T"/env.* | grep -c "^cups_job=$job\$")" 3
has "whose titles tell them apart" "$T/env.3" '^title=three \(3\)$'
empty_store

submit -d raw "$T/doc.pdf"
check "a raw queue takes one document" ends completed
open_all
check "as it is" cmp "$T/plain.1" "$T/doc.pdf"
has "for the queue that its URI names" "$T/env.1" '^queue=other$'
empty_store
lpadmin -h "$S" -p raw -o print-color-mode-default=auto
submit -d raw "$T/doc.pdf"
check "and with a default of its own" ends completed
open_all
has "it does not print everything in black" "$T/env.1" '^color=$'
empty_store
submit -d raw "$T/doc.pdf" "$T/two.pdf"
check "several in one job are cancelled there, not joined" ends canceled
is "and nothing is stored" "$(stored)" 0
job=$(setpriv --reuid nobody --regid nogroup --clear-groups lp -h "$S" -d secure -U root - < "$T/doc.txt" 2> "$T/err" |
	sed -n 's/^request id is [^ ]*-\([0-9]*\) .*/\1/p')
is "nobody can print as somebody else" "$job" ""
job=$(setpriv --reuid nobody --regid nogroup --clear-groups lp -h "$S" -d secure - < "$T/doc.txt" 2> "$T/err" |
	sed -n 's/^request id is [^ ]*-\([0-9]*\) .*/\1/p')
check "from standard input, as another user" ends completed
open_all
has "the owner is who cupsd saw" "$T/env.1" '^owner=nobody$'
empty_store

# --- what is no document ---------------------------------------------------------------------------------------------
head -c 700 "$T/doc.pdf" > "$T/cut.pdf"
submit -d secure "$T/cut.pdf"
check "a cut PDF is cancelled" ends canceled
lpstat -h "$S" -l -W completed -o secure > "$T/out"
has "and the user can read why" "$T/out" 'Status: the document is incomplete: it ends early; the job was cancelled'
submit -d secure "$T/doc.pdf" "$T/cut.pdf"
check "a cut second document cancels the job" ends canceled
head -c 3000 /dev/urandom > "$T/noise.bin"
submit -d secure -o document-format=application/pdf "$T/noise.bin"
check "noise that calls itself PDF is cancelled" ends canceled
/usr/bin/python3 "$root/tests/sim/mkpdf.py" 1 big "$T/big.pdf" 3000000
submit -d secure "$T/big.pdf"
check "a document over the limit is cancelled" ends canceled
submit -d secure "$T/two.pdf" "$T/big.pdf" "$T/doc.pdf"
check "also among others" ends canceled
submit -d secure -o "page-ranges=1" -o "print-scaling=$(printf 'fit\001')" "$T/doc.pdf"
if [ -n "$job" ]; then
	check "an option with a control character is cancelled" ends canceled
fi
is "nothing of all that is stored" "$(stored)" 0

# A filter that dies in the middle of its output, and one that dies before it.
for how in "cat $T/doc.pdf | head -c 900" ":"; do
	rm -f "$C/bin/filter/texttopdf"
	printf '#!/bin/sh\n%s\nkill -9 $$\n' "$how" > "$C/bin/filter/texttopdf"
	chmod 755 "$C/bin/filter/texttopdf"
	submit -d secure "$T/doc.txt"
	check "the output of a filter that crashed ($how) is cancelled" ends canceled
done
ln -sf /usr/lib/cups/filter/texttopdf "$C/bin/filter/texttopdf"
cp "$C/bin/filter/hfframe" "$T/hfframe"
printf '#!/bin/sh\n"%s" "$@" | head -c 200\nkill -9 $$\n' "$T/hfframe" > "$C/bin/filter/hfframe"
submit -d secure "$T/doc.pdf"
check "and so is that of our own, if it crashes" ends canceled
install -m 0755 "$T/hfframe" "$C/bin/filter/hfframe"
is "nothing of it is stored" "$(stored)" 0

# --- nothing of ours makes a job disappear -----------------------------------------------------------------------------
# The worker waits (no key list); then it is killed.
mv "$I/keys/keylist" "$T/keylist"
for docs in "$T/doc.pdf" "$T/doc.pdf $T/two.pdf"; do
	# shellcheck disable=SC2086
	submit -d secure $docs
	n=$(echo "$docs" | wc -w)
	check "without a key list the queue says so ($n)" until_true 10 has_reason secure com.holdfast.key-list-missing-error
	lpstat -h "$S" -l -p secure > "$T/out"
	has "and lpstat shows it ($n)" "$T/out" 'key list'
	kill -9 "$(worker)"
	check "a killed worker leaves the job held in CUPS ($n documents)" ends pending-held
	held=$job
	mv "$T/keylist" "$I/keys/keylist"
	lp -h "$S" -i "$held" -H resume 2> /dev/null
	check "from where it goes through when it is released ($n)" ends completed
	is "once ($n)" "$(stored)" "$n"
	check "and the queue is in order again ($n)" until_true 10 hasnt_reason secure com.holdfast
	empty_store
	mv "$I/keys/keylist" "$T/keylist"
done

submit -d secure "$T/doc.pdf" "$T/two.pdf"
until_true 10 worker
w=$(worker)
cancel -h "$S" "$job"
check "a job that waits can be cancelled" ends canceled
check "its worker is gone" until_true 10 test ! -d "/proc/$w"

submit -d secure "$T/doc.pdf"
until_true 10 worker
w=$(worker)
cupsd_stop "$C"
check "cupsd's end is the worker's end" until_true 10 test ! -d "/proc/$w"
mv "$T/keylist" "$I/keys/keylist"
cupsd_start "$C" || exit 1
check "after cupsd's restart the job goes through" ends completed
is "once" "$(stored)" 1
empty_store

# cupsd killed hard: the backend lives on, and the new cupsd runs the job again.
mv "$I/keys/keylist" "$T/keylist"
submit -d secure "$T/doc.pdf"
until_true 10 worker
kill -9 "$(cat "$C/cupsd.pid")"
wait "$(cat "$C/cupsd.pid")" 2> /dev/null
cupsd_start "$C" || exit 1
mv "$T/keylist" "$I/keys/keylist"
check "after a crash of cupsd the job goes through" ends completed
until_true 10 test "$(stored)" -ge 1
no_backend() { # of ours, whoever started it
	for e in /proc/[0-9]*/exe; do
		case $(readlink "$e") in "$C/bin/backend/holdfast"*) return 1 ;; esac
	done
}
check "the orphan ends as well" until_true 30 no_backend
for f in "$I"/spool/incoming/*; do "$build/tests/sim/hfopen" "$I" "$f"; done | grep -E '^(intake_key|dup_tag)=' | sort -u > "$T/keys"
is "and whatever was stored is recognisable as one document" "$(wc -l < "$T/keys")" 2
empty_store

chmod 0700 "$I/spool/incoming"
submit -d secure "$T/doc.pdf"
check "a spool that cannot be written shows in the queue's state" until_true 10 has_reason secure com.holdfast.spool-unwritable-error
check "while the job waits" state_is "$job" processing
chmod 1730 "$I/spool/incoming"
check "and goes through when it can" ends completed
is "once" "$(stored)" 1
empty_store

"$build/tests/sim/mkinstance" -x -n 90 "$I"
submit -d secure "$T/doc.pdf"
check "a key list that another site signed stops the queue" until_true 10 sh -c "lpstat -h '$S' -p secure | grep -q disabled"
check "and keeps the job" until_true 5 state_is "$job" pending
is "nothing is stored" "$(stored)" 0
check "the queue's state says why" has_reason secure com.holdfast.key-list-refused-error
"$build/tests/sim/mkinstance" -n 91 "$I"
cupsenable -h "$S" secure
check "with the right list and the queue enabled it goes through" ends completed
is "once" "$(stored)" 1
empty_store

submit -d unknown "$T/doc.pdf"
check "a queue that intake.conf does not know is stopped" until_true 10 sh -c "lpstat -h '$S' -p unknown | grep -q disabled"
check "and keeps the job" until_true 5 state_is "$job" pending
cancel -h "$S" "$job"

# --- at rest -----------------------------------------------------------------------------------------------------------
submit -d secure -t "title $canary" -o "secret=$canary" "$T/doc.pdf" "$T/doc.txt"
check "a last job" ends completed
for f in $(grep -r -l -a -- "$canary" "$I" "$C/log" "$C/spool" "$C/cache" 2> /dev/null); do
	case "$f" in
	"$C"/spool/c* | "$C"/cache/job.cache*) ;; # PreserveJobHistory Yes, for this test only: titles are CUPS' to forget
	*) echo "$f" ;;
	esac
done > "$T/found"
is "no word of title, option or document is in the store, CUPS' logs or its spool" "$(cat "$T/found")" ""
grep -a -l -- "$canary" "$T/doc.pdf" "$T/doc.txt" > "$T/control"
is "(which would be found if it were)" "$(wc -l < "$T/control")" 2
hasnt "cupsd never saw a backend crash" "$C/log/error_log" 'crashed'
tap_done
