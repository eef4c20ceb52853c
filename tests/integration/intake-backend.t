#!/bin/sh
# The backend alone, called as cupsd calls it: what it stores, what it refuses, and what it tells CUPS by its exit code.
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
holders=""
clean() {
	for p in $holders; do kill "$p" 2> /dev/null; done
	umount "$T/full" 2> /dev/null
	rm -rf "$T"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

backend=$build/holdfast-backend
frame=$build/hfframe
make=$build/tests/sim/mkinstance
canary=canary-4711
pdf() { # NAME WORDS : a document that is whole enough
	printf '%%PDF-1.4\n%% %s %s\n1 0 obj\n<<>>\nendobj\ntrailer\n%%%%EOF\n' "$canary" "$2" > "$T/$1"
}
pdf one.pdf first
pdf two.pdf second

I=$T/hf
$make -w 2 -m 1 "$I" || exit 1
uuid=urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8
export HOLDFAST_INTAKE_CONF="$I/etc/intake.conf" DEVICE_URI=holdfast:/secure CONTENT_TYPE=application/pdf
unset FINAL_CONTENT_TYPE
stored() { ls "$I/spool/incoming" | wc -l; }
empty_store() { rm -f "$I"/spool/incoming/*; }
# run OPTIONS [FILE] : exit status in $rc, what it said in $T/err
run() {
	opts=$1
	shift
	"$backend" 77 ann "title $canary" 2 "job-uuid=$uuid time-at-creation=1700000000 $opts" "$@" > "$T/out" 2> "$T/err"
	rc=$?
}
run_framed() { # OPTIONS, frames on standard input
	FINAL_CONTENT_TYPE=application/vnd.holdfast run "$1"
}
open_it() { "$build/tests/sim/hfopen" "$I" "$@"; }
frame_of() { "$frame" 1 u t 1 "" "$1" 2> /dev/null; }

# --- discovery and usage -----------------------------------------------------------------------------------------
is "without arguments it prints one discovery line" "$("$backend")" \
	'network holdfast "Holdfast" "Holdfast pull printing"'
"$backend" 1 2 3 > /dev/null 2>&1
is "a wrong number of arguments stops the queue" $? 4

# --- one document as a file --------------------------------------------------------------------------------------
run "sides=two-sided-short-edge media=iso_a5_148x210mm print-color-mode=monochrome page-ranges=2-3 number-up=2 \
print-quality=5 secret-option=$canary job-password=$canary media-col={media-size={x-dimension=1}} fit-to-page" "$T/one.pdf"
is "a PDF is accepted" $rc 0
is "one sealed file appears" "$(stored)" 1
f=$(ls "$I"/spool/incoming/*)
is "it belongs to hf-intake, mode 0440" "$(stat -c '%U:%G %a' "$f")" "hf-intake:hf-intake 440"
check "it opens with the instance's keys" open_it "$f" "$T/plain"
open_it "$f" > "$T/env"
check "to the same bytes" cmp "$T/plain" "$T/one.pdf"
for line in owner=ann "title=title $canary" format=application/pdf queue=secure copies=2 sides=two-sided-short-edge \
	color=monochrome media=iso_a5_148x210mm option.page-ranges=2-3 option.number-up=2 option.print-quality=5 \
	host=testhost cups_job=77 "job_uuid=$uuid" created=1700000000 document=1; do
	check "the envelope has $line" grep -qxF "$line" "$T/env"
done
is "and no other option" "$(grep -c '^option' "$T/env")" 3
is "the owner's 24 hours begin at submission" \
	"$(($(sed -n 's/^expires=//p' "$T/env") - $(sed -n 's/^submitted=//p' "$T/env")))" 86400
has "the user is told" "$T/err" '^INFO: Held for release'
has "earlier trouble is cleared from the queue" "$T/err" '^STATE: -com\.holdfast\.spool-full-error'
hasnt "title, options and document are not in what it says" "$T/err" "$canary"

# the canary, with a positive control
echo "$canary" > "$I/spool/held/control"
is "nothing readable is in the store" "$(grep -r -l -a -- "$canary" "$I")" "$I/spool/held/control"
rm "$I/spool/held/control"
is "the host key is the only secret there, and sealed files do not hold it" \
	"$(grep -l -a -f "$I/keys/host.key" "$I"/spool/incoming/*)" ""

# --- PPD words, lists, defaults ----------------------------------------------------------------------------------
empty_store
run "ColorModel=Gray Duplex=DuplexNoTumble PageSize=Legal print-color-mode=color sides=one-sided finishings=3 number-up=1" "$T/one.pdf"
open_it "$I"/spool/incoming/* > "$T/env"
is "what the user chose in the PPD's words wins over the queue's defaults" \
	"$(grep -E '^(sides|color|media|option)' "$T/env" | tr '\n' ' ')" \
	"sides=two-sided-long-edge color=monochrome media=na_legal_8.5x14in "
empty_store
run 'media=Tray2,"A4",Plain sides=sideways' "$T/one.pdf"
open_it "$I"/spool/incoming/* > "$T/env"
has "media may be a list: its size is taken" "$T/env" '^media=iso_a4_210x297mm$'
has "an unknown word is left out" "$T/env" '^sides=$'
has "and the user is told which option" "$T/err" '^INFO: The option sides has a value that is not known'

# --- hostile and malformed options -------------------------------------------------------------------------------
empty_store
run "sides=one$(printf '\r')-sided" "$T/one.pdf"
is "control characters in an option that is used cancel the job" "$rc $(stored)" "5 0"
has "with one sentence that names the option" "$T/err" '^ERROR: the option sides holds control characters; the job was cancelled'
run "page-ranges=1\\
-2" "$T/one.pdf"
is "an escaped newline, too" "$rc $(stored)" "5 0"
run 'media="A4' "$T/one.pdf"
is "a quote without end cancels" "$rc $(stored)" "5 0"
run 'x={a={b}' "$T/one.pdf"
is "a brace without end cancels" "$rc $(stored)" "5 0"
run "page-ranges=$(printf '%0200d' 1)" "$T/one.pdf"
is "a value that is too long cancels" "$rc $(stored)" "5 0"
run "comment=a$(printf '\001\033')b" "$T/one.pdf"
is "control characters in an option that is not used do not matter" "$rc $(stored)" "0 1"
hasnt "and are not repeated" "$T/err" "$(printf '\033')"
empty_store
run "x=$(printf '\r')sides=two-sided-long-edge" "$T/one.pdf"
open_it "$I"/spool/incoming/* > "$T/env"
has "a carriage return in a value begins no other option" "$T/env" '^sides=$'
empty_store
for copies in 0 1000 2x ""; do
	"$backend" 1 ann t "$copies" "job-uuid=$uuid" "$T/one.pdf" 2> "$T/err"
	is "copies '$copies' cancel the job" "$? $(stored)" "5 0"
done
"$backend" 1 "$(printf 'an\nn')" t 1 "job-uuid=$uuid" "$T/one.pdf" 2> "$T/err"
is "a user name with a control character cancels the job" "$? $(stored)" "5 0"
"$backend" 1 ann t 1 "sides=one-sided" "$T/one.pdf" 2> "$T/err"
is "without job-uuid nobody knows which job it is: held" "$? $(stored)" "3 0"
"$backend" 1 ann "$(printf 'a\tb')" 1 "job-uuid=$uuid" "$T/one.pdf" 2> "$T/err"
is "no job is refused for its title" "$? $(stored)" "0 1"
open_it "$I"/spool/incoming/* > "$T/env"
has "a title that is no text becomes Untitled" "$T/env" '^title=Untitled$'
empty_store

# --- what is no document -----------------------------------------------------------------------------------------
: > "$T/empty"
run "" "$T/empty"
is "an empty document cancels" "$rc $(stored)" "5 0"
has "with the reason" "$T/err" '^ERROR: the document is empty; the job was cancelled'
head -c 60 "$T/one.pdf" > "$T/cut.pdf"
run "" "$T/cut.pdf"
is "a cut PDF cancels" "$rc $(stored)" "5 0"
has "with the reason" "$T/err" '^ERROR: the document is incomplete'
{ printf '%%PDF-1.4\n'; head -c 1100000 /dev/zero; printf '%%%%EOF\n'; } > "$T/big.pdf"
run "" "$T/big.pdf"
is "a document over the limit cancels" "$rc $(stored)" "5 0"
has "with the limit" "$T/err" '^ERROR: the document is larger than 1 MB'
frame_of "$T/big.pdf" > "$T/frames"
run_framed "" < "$T/frames"
is "also when its length is not known before" "$rc $(stored)" "5 0"
run "" "$T/missing.pdf"
is "a document that cannot be opened is held" "$rc $(stored)" "3 0"
ln -s "$T/one.pdf" "$T/link.pdf"
run "" "$T/link.pdf"
is "a symbolic link is not followed" "$rc $(stored)" "3 0"
CONTENT_TYPE=application/vnd.cups-command run "" "$T/one.pdf"
is "what only cupsd understands is refused" "$rc $(stored)" "5 0"
CONTENT_TYPE=text/plain run "" "$T/cut.pdf"
is "another format is taken as it is" "$rc $(stored)" "0 1"
open_it "$I"/spool/incoming/* > "$T/env"
has "with its media type" "$T/env" '^format=text/plain$'
empty_store
CONTENT_TYPE=application/vnd.cups-raw run "" "$T/one.pdf"
open_it "$I"/spool/incoming/* > "$T/env"
has "raw data is looked at" "$T/env" '^format=application/pdf$'
empty_store

# --- frames ------------------------------------------------------------------------------------------------------
run "" < "$T/one.pdf"
is "documents on standard input without frames are refused" "$rc $(stored)" "5 0"
{ frame_of "$T/one.pdf"; frame_of "$T/two.pdf"; } > "$T/frames"
run_framed "" < "$T/frames"
is "two documents of one job are two sealed files" "$rc $(stored)" "0 2"
for f in "$I"/spool/incoming/*; do
	n=$(open_it "$f" "$T/plain" | sed -n 's/^document=//p')
	mv "$T/plain" "$T/plain.$n"
	open_it "$f" > "$T/env.$n"
done
check "number 1 is the first" cmp "$T/plain.1" "$T/one.pdf"
check "number 2 is the second" cmp "$T/plain.2" "$T/two.pdf"
has "the second says so in its title" "$T/env.2" "^title=title $canary \(2\)\$"
has "the format comes with the frame" "$T/env.2" '^format=application/pdf$'
refuse "their intake keys differ" test "$(grep intake_key "$T/env.1")" = "$(grep intake_key "$T/env.2")"
empty_store
n=$(wc -c < "$T/frames")
bad=0
at=1
while [ "$at" -lt "$n" ]; do
	head -c $at "$T/frames" > "$T/cut"
	run_framed "" < "$T/cut"
	# one whole frame and nothing of the second is one whole job
	[ "$rc $(stored)" = "5 0" ] || [ "$at" = $((n / 2)) ] || [ "$at" = "$(frame_of "$T/one.pdf" | wc -c)" ] || bad=$((bad + 1))
	empty_store
	at=$((at + 17))
done
is "cut anywhere, nothing of the job is stored and it is cancelled" $bad 0
printf 'X' | cat "$T/frames" - > "$T/more"
run_framed "" < "$T/more"
is "so it is with a byte too many" "$rc $(stored)" "5 0"
sed 's/second/sEcond/' "$T/frames" > "$T/altered"
run_framed "" < "$T/altered"
is "or with a byte altered" "$rc $(stored)" "5 0"
{ frame_of "$T/one.pdf"; frame_of "$T/empty"; } > "$T/bad"
run_framed "" < "$T/bad"
is "an empty second document" "$rc $(stored)" "5 0"
has "is called so" "$T/err" '^ERROR: the document is empty'
{ frame_of "$T/one.pdf"; frame_of "$T/cut.pdf"; } > "$T/bad"
run_framed "" < "$T/bad"
is "a cut second document" "$rc $(stored)" "5 0"
has "is called so" "$T/err" '^ERROR: the document is incomplete'
head -c 3000 /dev/urandom > "$T/noise"
frame_of "$T/noise" > "$T/bad"
run_framed "" < "$T/bad"
is "what no filter made is refused" "$rc $(stored)" "5 0"
run_framed "" < /dev/null
is "no frame at all is an empty job" "$rc $(stored)" "5 0"

# --- the same job again ------------------------------------------------------------------------------------------
run "" "$T/one.pdf"
run "" "$T/one.pdf"
is "run twice, it stores two files" "$(stored)" 2
for f in "$I"/spool/incoming/*; do open_it "$f" | grep -E 'intake_key|dup_tag'; done | sort | uniq -c |
	awk '{print $1}' > "$T/counts"
is "with the same intake key and duplicate tag, for adoption to recognise" "$(tr '\n' ' ' < "$T/counts")" "2 2 "
empty_store

# --- while it runs -----------------------------------------------------------------------------------------------
# A document that does not end: frames from a pipe that somebody holds open.
mkfifo "$T/pipe"
start_stuck() { # worker in $w, parent in $p
	sleep 60 > "$T/pipe" &
	holder=$!
	holders="$holders $holder"
	FINAL_CONTENT_TYPE=application/vnd.holdfast AUTH_PASSWORD=hunter2 \
		"$backend" 78 ann "stuck title" 1 "job-uuid=$uuid job-password=secret" < "$T/pipe" > "$T/out" 2> "$T/err" &
	p=$!
	head -c 40 "$T/frames" > "$T/pipe"
	until_true 10 sh -c "pgrep -P $p" || return 1
	w=$(pgrep -P $p)
	# it has confined itself and waits for the rest of the document
	until_true 10 sh -c "grep -q '^Seccomp:.*2' /proc/$w/status && grep -q pipe_ /proc/$w/wchan /proc/$w/stack" ||
		until_true 2 grep -q '^Seccomp:.*2' "/proc/$w/status"
}
end_input() { kill "$holder" 2> /dev/null; wait "$holder" 2> /dev/null; }
field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

start_stuck
id=$(id -u hf-intake)
gid=$(id -g hf-intake)
is "the worker's uids are hf-intake's" "$(field "$w" Uid | tr '\t' ' ')" "$id $id $id $id"
is "its gids are hf-intake's" "$(field "$w" Gid | tr '\t' ' ')" "$gid $gid $gid $gid"
is "it is in no other group" "$(field "$w" Groups | tr -d ' ')" ""
is "it has no capability, nor can get one" \
	"$(field "$w" CapInh) $(field "$w" CapPrm) $(field "$w" CapEff) $(field "$w" CapBnd) $(field "$w" CapAmb)" \
	"0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000"
is "it gains no privileges by exec" "$(field "$w" NoNewPrivs)" 1
is "it has a system call filter" "$(field "$w" Seccomp)" 2
is "it leaves no core" "$(awk '/core file size/ {print $5}' "/proc/$w/limits")" 0
is "the parent keeps CAP_KILL alone" "$(field "$p" CapEff)" 0000000000000020
if sh -c 'echo -1000 > /proc/self/oom_score_adj' 2> /dev/null; then
	is "and is spared when memory is short" "$(cat "/proc/$p/oom_score_adj")" -1000
	refuse "which the worker is not" test "$(cat "/proc/$w/oom_score_adj")" = -1000
else
	echo "# root lacks CAP_SYS_RESOURCE here: the parent cannot be spared from the OOM killer"
fi
for which in $p $w; do
	tr '\0' ' ' < "/proc/$which/cmdline" > "$T/cmdline"
	hasnt "title and options are in no argument of a process" "$T/cmdline" "stuck title|$uuid|secret"
	has "(of which the others are there)" "$T/cmdline" "$backend 78 ann"
	tr '\0' ' ' < "/proc/$which/environ" > "$T/environ"
	hasnt "nor is a password that cupsd passed on" "$T/environ" 'hunter2'
done

kill -TERM $p
wait $p
is "SIGTERM before the document is durable: discarded, again later" "$? $(stored)" "7 0"
end_input
check "the worker is gone" until_true 5 test ! -d "/proc/$w"

for sig in KILL SEGV TERM; do
	start_stuck
	kill -$sig "$w"
	check "a worker that got SIG$sig ends" until_true 5 sh -c "! pgrep -P $p"
	check "the parent waits until cupsd has sent everything ($sig)" kill -0 $p
	end_input
	wait $p
	is "and then holds the job ($sig)" "$? $(stored)" "$([ $sig = TERM ] && echo 7 || echo 3) 0"
done

start_stuck
kill -KILL $p
wait $p 2> /dev/null
check "the worker does not outlive its parent" until_true 5 sh -c "[ ! -d /proc/$w ] || grep -q '^State:.*Z' /proc/$w/status"
is "and leaves nothing" "$(stored)" 0
end_input
is "no core file is left" "$(find "$T" "$root" -maxdepth 2 -name 'core*' -type f -newer "$T/pipe" | head -n 1)" ""

# --- memory: a large document, of which the last bytes are still to come -----------------------------------------------
if [ -z "${HF_ASAN:-}" ]; then
	$make "$T/hf3"
	{ printf '%%!PS\n'; head -c 24000000 /dev/zero; } > "$T/large.ps"
	frame_of "$T/large.ps" > "$T/large.frames"
	sleep 60 > "$T/pipe" &
	holder=$!
	holders="$holders $holder"
	HOLDFAST_INTAKE_CONF="$T/hf3/etc/intake.conf" FINAL_CONTENT_TYPE=application/vnd.holdfast \
		"$backend" 79 ann t 1 "job-uuid=$uuid" < "$T/pipe" > "$T/out" 2> "$T/err" &
	p=$!
	head -c -3 "$T/large.frames" > "$T/pipe"	# returns when nearly all of it is read
	until_true 10 pgrep -P $p
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(pgrep -P $p)/status")
	check "the worker's memory does not grow with the document ($peak KiB at its peak)" test "$peak" -le 6144
	tail -c 3 "$T/large.frames" > "$T/pipe"
	end_input
	wait $p
	is "which is stored" "$? $(ls "$T/hf3/spool/incoming" | wc -l)" "0 1"
	rm -rf "$T/hf3" "$T/large.ps" "$T/large.frames"
fi

# --- keys --------------------------------------------------------------------------------------------------------
mv "$I/keys/keylist" "$T/keylist"
run "" "$T/one.pdf"
is "without a key list it waits, then asks CUPS to come again" "$rc $(stored)" "7 0"
has "and tells CUPS why" "$T/err" '^STATE: \+com\.holdfast\.key-list-missing-error$'
has "and the administrator" "$T/err" '^ATTR: printer-alert=".*" printer-alert-description="key list'
"$backend" 77 ann t 1 "job-uuid=$uuid" "$T/one.pdf" > /dev/null 2> "$T/err" &
p=$!
until_true 5 grep -q '^STATE: +' "$T/err"
mv "$T/keylist" "$I/keys/keylist"
wait $p
is "when the list comes in time, the job goes through" "$? $(stored)" "0 1"
has "and CUPS is told" "$T/err" '^STATE: -com\.holdfast\..*key-list-missing-error'
empty_store
$make -b 200000 "$I"
run "" "$T/one.pdf"
is "a list whose last epoch ended long ago counts as none" "$rc $(stored)" "7 0"

$make -w 2 -m 1 "$I.new" && rm -rf "$I" && mv "$I.new" "$I"
sed -i "s|$I.new|$I|g" "$I/etc/intake.conf"
cp -a "$I/keys/keylist" "$T/first"
$make -n 40 "$I"
run "" "$T/one.pdf"
is "a new list is taken" "$rc $(cat "$I/spool/intake/serial")" "0 40"
empty_store
cp -a "$T/first" "$I/keys/keylist"
run "" "$T/one.pdf"
is "a list with a lower serial than one used before stops the queue" "$rc $(stored)" "4 0"
has "and says so" "$T/err" '^ERROR: the key list is an old one: serial 1, and 40 was used before; the queue is stopped'
has "in the queue's state, too" "$T/err" '^STATE: \+com\.holdfast\.key-list-refused-error$'
$make -x -n 41 "$I"
run "" "$T/one.pdf"
is "a list that another site signed stops the queue" "$rc $(stored)" "4 0"
$make -n 41 "$I"
printf '\377' | dd of="$I/keys/keylist" bs=1 seek=100 conv=notrunc 2> /dev/null
run "" "$T/one.pdf"
is "so does one with an altered byte" "$rc $(stored)" "4 0"
is "neither is remembered" "$(cat "$I/spool/intake/serial")" 40
$make -n 42 "$I"
echo nonsense > "$I/spool/intake/serial"
run "" "$T/one.pdf"
is "a memory of serials that is no number stops the queue" "$rc $(stored)" "4 0"
rm "$I/spool/intake/serial"

# --- configuration -----------------------------------------------------------------------------------------------
DEVICE_URI=holdfast:/nosuch run "" "$T/one.pdf"
is "an unknown queue stops the queue" "$rc $(stored)" "4 0"
has "with a sentence" "$T/err" '^ERROR: the queue nosuch is not in queues of '
has "and a state" "$T/err" '^STATE: \+com\.holdfast\.configuration-error$'
for uri in holdfast:secure holdfast:// holdfast:/a/b "holdfast:/a b" ipp:/secure; do
	DEVICE_URI=$uri run "" "$T/one.pdf"
	is "the device URI '$uri' stops the queue" "$rc $(stored)" "4 0"
done
cp "$I/etc/intake.conf" "$T/conf"
try_conf() { # NAME SED-EXPRESSION
	sed "$2" "$T/conf" > "$I/etc/intake.conf"
	run "" "$T/one.pdf"
	is "$1 stops the queue" "$rc $(stored)" "4 0"
}
try_conf "an unknown name" '$a colour = 1'
has "with file and line" "$T/err" "^ERROR: $I/etc/intake.conf:[0-9]+: "
try_conf "a number out of range" 's/^wait_seconds.*/wait_seconds = 0/'
try_conf "a site key that is no key" 's/^site_key = "../site_key = "/'
try_conf "a user that does not exist" 's/^user.*/user = "hf-nobody-here"/'
try_conf "root as the user" 's/^user.*/user = "root"/'
try_conf "a host key that cannot be read" 's/^host_key.*/host_key = "\/nonexistent"/'
try_conf "a spool that is not there" 's/^spool.*/spool = "\/nonexistent"/'
cp "$T/conf" "$I/etc/intake.conf"
chmod 666 "$I/etc/intake.conf"
run "" "$T/one.pdf"
is "a configuration that others can write stops the queue" "$rc $(stored)" "4 0"
chmod 644 "$I/etc/intake.conf"

# Each name has its paragraph, and each paragraph its name.
sed -n 's/.*CFG_[A-Z_]*("\([a-z_]*\)".*/\1/p' "$root/cups-backend/conf.c" | sort > "$T/names"
sed -n '/^.Sh CONFIGURATION/,/^.Sh ENV/s/^.It Ic //p' "$root/man/holdfast-backend.8" | sort > "$T/paragraphs"
is "the manual page has every name of the configuration" "$(cat "$T/paragraphs")" "$(cat "$T/names")"

# --- spool -------------------------------------------------------------------------------------------------------
chmod 0700 "$I/spool/incoming"
start=$(date +%s)
run "" "$T/one.pdf"
took=$(($(date +%s) - start))
is "a spool that cannot be written: again later" "$rc $(stored)" "7 0"
check "after waiting inside, so that cupsd does not spin (${took} s)" test $took -ge 2
has "and CUPS knows" "$T/err" '^STATE: \+com\.holdfast\.spool-unwritable-error$'
chmod 1730 "$I/spool/incoming"

mkdir "$T/full"
if mount -t tmpfs -o size=4m,mode=0755 hf "$T/full" 2> /dev/null; then
	$make -w 2 -r 1 -S "$T/full" "$T/hf2"
	HOLDFAST_INTAKE_CONF=$T/hf2/etc/intake.conf
	head -c 2700000 /dev/zero > "$T/full/ballast"
	{ printf '%%PDF-1.4\n'; head -c 900000 /dev/urandom; printf '%%%%EOF\n'; } > "$T/large.pdf"
	run "" "$T/large.pdf"
	is "a full spool: again later" "$rc $(ls "$T/full/incoming" | wc -l)" "7 0"
	has "and CUPS knows" "$T/err" '^STATE: \+com\.holdfast\.spool-full-error$'
	has "and the user sees the numbers" "$T/err" '^INFO: the store is full: 1 MB are free, and 1 MB are kept in reserve'
	"$backend" 77 ann t 1 "job-uuid=$uuid" "$T/large.pdf" > /dev/null 2> "$T/err" &
	p=$!
	until_true 5 grep -q 'spool-full-error$' "$T/err"
	rm "$T/full/ballast"
	wait $p
	is "when there is room in time, the job goes through" "$? $(ls "$T/full/incoming" | wc -l)" "0 1"
	rm "$T/full/incoming"/*
	head -c 1900000 /dev/zero > "$T/full/ballast"
	{ printf '%%PDF-1.4\n'; head -c 2300000 /dev/urandom; printf '%%%%EOF\n'; } > "$T/larger.pdf"
	frame_of "$T/larger.pdf" > "$T/frames"
	run_framed "" < "$T/frames"
	is "full in the middle of a stream: nothing is left, again later" "$rc $(ls "$T/full/incoming" | wc -l)" "7 0"
	is "and its space is free again" "$(df --output=used -k "$T/full" | tail -n 1 | awk '{print ($1 < 1950)}')" 1
	{ printf '%%PDF-1.4\n'; head -c 5000000 /dev/zero; printf '%%%%EOF\n'; } > "$T/never.pdf"
	run "" "$T/never.pdf"
	is "what the store could never hold is cancelled" "$rc $(ls "$T/full/incoming" | wc -l)" "5 0"
else
	echo "# no tmpfs can be mounted here: the full spool is not tested"
fi
tap_done
