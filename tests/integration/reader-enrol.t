#!/bin/sh
# A station is enrolled by a one-time token, and each way in which that fails is one clear sentence.
. "$(dirname "$0")/../sim/reader.sh"

# says EXIT REGEX TOKEN [OPTION…]: enrolment into a fresh folder ends so.
k=0
says() {
	_exit=$1 _text=$2 _token=$3
	shift 3
	k=$((k + 1))
	echo "$_token" | "$R" enrol --state "$T/none$k" --user "$USER_" "$@" - > "$T/said" 2>&1
	_got=$?
	cat "$T/said"
	[ $_got = "$_exit" ] || { echo "exit $_got"; return 1; }
	[ "$(wc -l < "$T/said")" = 1 ] || { echo "not one sentence"; return 1; }
	[ ! -e "$T/none$k/reader.conf" ] && [ ! -e "$T/none$k/reader.key" ] && [ ! -e "$T/none$k/reader.key.new" ] ||
		{ echo "left files behind"; return 1; }
	grep -qE -- "$_text" "$T/said"
}
mode() { [ "$(stat -c '%a %U' "$1")" = "$2" ] || { stat -c '%a %U' "$1"; return 1; }; }
enrol() { "$R" enrol --state "$T/st" --user "$USER_" "$@"; }
enrol_stdin() { enrol - < "$T/srv/token" && cat "$T/st/reader.conf"; }

mkdir -p "$T/srv"
server_start || { echo 'Bail out! no server'; exit 1; }
token=$(cat "$T/srv/token")

ok 'what is no token is refused' says 1 'not an enrolment token' 'HFR1.AAAA'
ok 'an empty token is refused' says 1 'not an enrolment token' ''
ok 'a token of two lines is refused' says 1 'more than one line' "$token
more"
behave '{"list":"forged"}'
ok "a key list that the token's site did not sign is refused" says 4 'signature of the site' "$token"
behave '{"status":{"/v1/readers/enrol":503}}'
ok 'a server that cannot enrol now says so' says 5 'cannot enrol now' "$token"
behave '{"garbage":{"/v1/readers/enrol":"{"}}'
ok 'an answer that is no JSON is refused' says 1 'not JSON' "$token"
behave '{"garbage":{"/v1/readers/enrol":"{\"reader\": 7}"}}'
ok 'an answer without an id is refused' says 1 'reader' "$token"
behave '{}'
ok 'none of that has spent the token' enrol_stdin
ok "the key is the station's alone" mode "$T/st/reader.key" "400 $USER_"
ok "the configuration is root's" mode "$T/st/reader.conf" '644 root'
ok 'the folder is the station'\''s alone' mode "$T/st" "700 $USER_"
ok '-t accepts what was written' "$R" -c "$T/st/reader.conf" -t
same() { "$R" -c "$T/st/reader.conf" -T | cmp - "$T/st/reader.conf"; }
ok '-T prints what was written' same
ok 'the token is good once' says 4 'used already or has expired' "$token"
server_stop
rm -f "$T/srv/up"
server_start
ok 'an enrolled folder is left alone' sh -c '"$0" enrol --state "$1" --user "$2" - < "$3"; [ $? = 1 ]' \
	"$R" "$T/st" "$USER_" "$T/srv/token"
old=$(cat "$T/st/reader.key")
again() { enrol --replace "$(cat "$T/srv/token")" && [ "$(cat "$T/st/reader.key")" != "$old" ]; }
ok '--replace enrols it anew with another key' again
server_stop
server_start
token=$(cat "$T/srv/token")
server_stop
ok 'a server that is away is said to be' says 5 'is away' "$token"
server_start --key other
mark
ok 'a server with another key gets nothing' says 4 'not the server that this token was made for' "$token"
nothing_asked() { [ "$(tail -n "+$REQFROM" "$REQ" | grep -cv ' connect$')" = 0 ]; }
ok 'and was asked nothing' nothing_asked

# Configuration
bad_conf() {
	sed "$1" "$T/st/reader.conf" > "$T/bad.conf"
	"$R" -c "$T/bad.conf" -t > "$T/said" 2>&1 && return 1
	cat "$T/said"
	grep -qE "$2" "$T/said"
}
ok 'an unknown name is an error with file and line' bad_conf '1i colour = "red"' 'bad.conf:1: .*colour'
ok 'a server without https is refused' bad_conf 's|https:|http:|' 'server must be https'
ok 'a server with a path is refused' bad_conf 's|^\(server = "https://[^"]*\)|\1/v1|' 'server must be https'
ok 'a pin that is none is refused' bad_conf 's|sha256//..|sha256//|' 'server_pin must be'
ok 'a site key that is cut is refused' bad_conf 's|^\(site_key = "..\)..|\1|' 'site_key must be'
ok 'a reader that is none is refused' bad_conf 's|^reader_id.*|reader_id = "7"|' 'reader_id is not an id'
ok 'a relative folder is refused' bad_conf 's|^state.*|state = "here"|' 'absolute path'
ok 'a missing name is named' bad_conf '/^state/d' 'state must be set'
ok 'a slot without printer is refused' bad_conf '$a slot "x" { }' 'slot "x".*printer must be set'
writable() { chmod 666 "$T/bad.conf"; bad_conf 's|x|x|' 'may be written by others'; }
cp "$T/st/reader.conf" "$T/bad.conf"
ok 'a configuration that others may write is refused' writable
key_mode() {
	chmod 0440 "$T/st/reader.key"
	"$R" -c "$T/st/reader.conf" -t 2> "$T/said" && return 1
	chmod 0400 "$T/st/reader.key"
	cat "$T/said"
	grep -q 'may be read by others' "$T/said"
}
ok 'a key that others may read is refused' key_mode
documented() {
	for name in $(sed -n 's/^\([a-z_]*\) .*/\1/p' "$T/st/reader.conf") slot printer; do
		grep -q "^\.It Ic $name" "$root/man/holdfast-reader.8" || { echo "$name"; return 1; }
	done
}
ok 'every configuration name has its paragraph in the manual' documented
done_testing
