# shellcheck shell=sh
# A private cupsd in a folder of its own: sourced by tests, benchmarks and the demonstration.  Run as root.
#
#   cupsd_make DIR PORT          the tree and its configuration (DIR absolute; nothing is started)
#   cupsd_start DIR PORT         … and cupsd; returns when it answers
#   cupsd_stop DIR               end it and wait until it is gone
#   cupsd_queue DIR NAME URI [PPD]   add a queue and enable it; without PPD a raw one
#   cupsd_job_state DIR JOB-ID   "STATE REASONS" of one job, e.g. "held job-hold-until-specified"
#   cupsd_free_port              a TCP port that is free now
#
# Before cupsd_make a caller may set
#   CUPSD_BACKEND=…  CUPSD_FILTER=…   programs that become bin/backend/holdfast (0700) and bin/filter/hfframe
#   HOLDFAST_INTAKE_CONF=…            handed to the backend by SetEnv
#   CUPSD_WRAP=…                      words in front of cupsd, e.g. "env LD_PRELOAD=libnss_wrapper.so …"
#   CUPSD_CONF_EXTRA=…  CUPSD_FILES_EXTRA=…   lines for cupsd.conf and cups-files.conf (the last of a kind counts)
# Clients reach it by its unix socket: lp -h DIR/run/cups.sock …   (peer credentials say who it is)

cupsd_free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

cupsd_make() {
	_d=$1 _port=$2
	mkdir -p "$_d/etc/ppd" "$_d/etc/ssl" "$_d/spool/tmp" "$_d/cache" "$_d/run/certs" "$_d/log" \
		"$_d/bin/backend" "$_d/bin/filter"
	for _x in cgi-bin daemon driver monitor notifier; do
		[ ! -e "/usr/lib/cups/$_x" ] || ln -sfn "/usr/lib/cups/$_x" "$_d/bin/$_x"
	done
	ln -sf /usr/lib/cups/filter/* "$_d/bin/filter/"
	chmod 711 "$_d" "$_d/bin"
	[ -z "${CUPSD_BACKEND:-}" ] || install -m 0700 "$CUPSD_BACKEND" "$_d/bin/backend/holdfast"
	if [ -n "${CUPSD_FILTER:-}" ]; then
		rm -f "$_d/bin/filter/hfframe"
		install -m 0755 "$CUPSD_FILTER" "$_d/bin/filter/hfframe"
	fi
	cat > "$_d/etc/cups-files.conf" <<-E
	ServerRoot $_d/etc
	RequestRoot $_d/spool
	TempDir $_d/spool/tmp
	CacheDir $_d/cache
	StateDir $_d/run
	ServerBin $_d/bin
	ServerKeychain $_d/etc/ssl
	AccessLog $_d/log/access_log
	ErrorLog $_d/log/error_log
	PageLog $_d/log/page_log
	User lp
	Group lp
	SystemGroup root lpadmin
	E
	[ -z "${HOLDFAST_INTAKE_CONF:-}" ] ||
		echo "SetEnv HOLDFAST_INTAKE_CONF $HOLDFAST_INTAKE_CONF" >> "$_d/etc/cups-files.conf"
	[ -z "${CUPSD_FILES_EXTRA:-}" ] || echo "$CUPSD_FILES_EXTRA" >> "$_d/etc/cups-files.conf"
	cat > "$_d/etc/cupsd.conf" <<-E
	LogLevel info
	MaxLogSize 0
	PageLogFormat %p %u %j %T %P %C
	Listen 127.0.0.1:$_port
	Listen $_d/run/cups.sock
	Browsing Off
	DefaultAuthType Basic
	WebInterface No
	PreserveJobHistory No
	PreserveJobFiles No
	ErrorPolicy retry-job
	JobRetryInterval 5
	JobRetryLimit 3
	JobKillDelay 5
	MaxJobTime 0
	DirtyCleanInterval 0
	<Location />
	  Order allow,deny
	  Allow localhost
	</Location>
	<Policy default>
	  <Limit Create-Job Print-Job Print-URI Validate-Job>
	    AuthType Default
	    Require valid-user
	    Order deny,allow
	  </Limit>
	  <Limit Send-Document Send-URI Close-Job Hold-Job Release-Job Restart-Job Cancel-Job Cancel-My-Jobs>
	    AuthType Default
	    Require user @OWNER @SYSTEM
	    Order deny,allow
	  </Limit>
	  <Limit CUPS-Get-Document CUPS-Move-Job Set-Job-Attributes Reprocess-Job Cancel-Jobs Purge-Jobs CUPS-Add-Modify-Printer CUPS-Delete-Printer CUPS-Set-Default CUPS-Get-Devices Pause-Printer Resume-Printer Enable-Printer Disable-Printer CUPS-Accept-Jobs CUPS-Reject-Jobs>
	    AuthType Default
	    Require user @SYSTEM
	    Order deny,allow
	  </Limit>
	  <Limit All>
	    Order deny,allow
	  </Limit>
	</Policy>
	E
	[ -z "${CUPSD_CONF_EXTRA:-}" ] || echo "$CUPSD_CONF_EXTRA" >> "$_d/etc/cupsd.conf"
	echo "$_port" > "$_d/port"
}

# Runs as a child of the caller; cupsd hands its own descriptors on to backends, so it gets 0, 1 and 2 only.
cupsd_start() {
	_d=$1
	[ -e "$_d/etc/cupsd.conf" ] || cupsd_make "$1" "$2"
	(
		for _fd in 3 4 5 6 7 8 9; do eval "exec $_fd>&-"; done
		exec ${CUPSD_WRAP:-} /usr/sbin/cupsd -f -c "$_d/etc/cupsd.conf" -s "$_d/etc/cups-files.conf" \
			< /dev/null > "$_d/log/out" 2>&1
	) &
	echo $! > "$_d/cupsd.pid"
	_n=0
	until lpstat -h "$_d/run/cups.sock" -r 2> /dev/null | grep -q 'is running'; do
		_n=$((_n + 1))
		if [ $_n -gt 200 ] || ! cupsd_is_up "$_d"; then
			echo "cupsd did not start; $_d/log/error_log says why" >&2
			return 1
		fi
		sleep 0.05
	done
}

# A process that is not a zombie.
cupsd_is_up() {
	[ -e "$1/cupsd.pid" ] || return 1
	_s=$(sed -e 's/.*) //' -e 's/ .*//' "/proc/$(cat "$1/cupsd.pid")/stat" 2> /dev/null) || return 1
	[ -n "$_s" ] && [ "$_s" != Z ] && [ "$_s" != X ]
}

cupsd_stop() {
	_d=$1
	[ -e "$_d/cupsd.pid" ] || return 0
	_p=$(cat "$_d/cupsd.pid")
	kill "$_p" 2> /dev/null || true
	_n=0
	while cupsd_is_up "$_d"; do
		_n=$((_n + 1))
		[ $_n -ne 100 ] || kill -9 "$_p" 2> /dev/null || true
		sleep 0.05
	done
	wait "$_p" 2> /dev/null || true
	rm -f "$_d/cupsd.pid"
}

cupsd_queue() {
	if [ $# -gt 3 ]; then
		lpadmin -h "$1/run/cups.sock" -p "$2" -v "$3" -P "$4" -E 2> /dev/null
	else
		lpadmin -h "$1/run/cups.sock" -p "$2" -v "$3" -m raw -E 2> /dev/null
	fi
}

cupsd_job_state() {
	[ -e "$1/job.test" ] || cat > "$1/job.test" <<-'E'
	{
		OPERATION Get-Job-Attributes
		GROUP operation-attributes-tag
		ATTR charset attributes-charset utf-8
		ATTR naturalLanguage attributes-natural-language en
		ATTR uri job-uri ipp://localhost/jobs/$id
		ATTR keyword requested-attributes job-state,job-state-reasons
	}
	E
	ipptool -tv -d "id=$2" "ipp://127.0.0.1:$(cat "$1/port")/jobs/$2" "$1/job.test" 2> /dev/null |
		sed -n -e 's/^ *job-state (enum) = //p' -e 's/^ *job-state-reasons (.*) = //p' | tr '\n' ' ' | sed 's/ $//'
}
