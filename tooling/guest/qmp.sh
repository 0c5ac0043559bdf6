# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by boot.sh: while the guest runs, it may ask the host for something
# ("balloon 512"), on a serial port of its own, and the host tells QEMU, in QMP.
#
# Both talk through QEMU's pipe devices, so nothing but bash is needed: ask.out
# is what the guest asks, ask.in what it is answered, qmp.in and qmp.out QMP.
#
# A test that needs this defines asked_WHAT NAME ARGUMENT..., whose one line of
# output is the answer; its status says whether it could be done.

# Looks, half a second apart, until what the guest asks for must have come about.
# Less than $STALL: the guest is silent while it waits.
ASK_LIMIT=240

# plug_host: the port that the guest asks on, and QMP
plug_host() {
	mkfifo "$RUN"/{ask,qmp}.{in,out}
	[ -z "$ASK_PORT" ] || QEMU_ARGS+=(-chardev "pipe,id=ask,path=ask" -device "$ASK_DEVICE,chardev=ask")
	QEMU_ARGS+=(-chardev "pipe,id=qmp,path=qmp" -mon "chardev=qmp,mode=control")
}

# qmp COMMAND [ARGUMENTS]: both as JSON has them; prints QEMU's answer.  Returns 1 if
# that is an error.  If there is none, the guest falls silent.
qmp() {
	local line id=${EPOCHREALTIME/./}	# QEMU also tells what happens
	printf '{"execute": "%s", "arguments": {%s}, "id": %s}\n' "$1" "${2:-}" "$id" >&"$QMP_IN"
	while read -r line <&"$QMP_OUT"; do
		line=${line%$'\r'}
		printf '%s %s\n%s\n' "$1" "${2:-}" "$line" >>"$RUN/qmp.log"
		case $line in
		'{"return"'*"\"id\": $id}")
			printf '%s\n' "$line"
			return
			;;
		"{\"id\": $id, \"error\""*) return 1 ;;
		esac
	done
}

# qmp_number KEY COMMAND [ARGUMENTS]: a number in QEMU's answer
qmp_number() {
	qmp "${@:2}" | sed -nE "s/.*\"$1\": (-?[0-9]+).*/\1/p"
}

# until_it_is VALUE COMMAND...: COMMAND's output is VALUE, at last
until_it_is() {
	local value=$1 looks=$ASK_LIMIT
	shift
	while [ $((looks--)) -gt 0 ] && kill -0 $$ 2>/dev/null; do
		[ "$("$@")" != "$value" ] || return 0
		sleep 0.5
	done
	return 1
}

# answer_guest: until this script has ended
answer_guest() {
	local name what args answer line='' part
	exec {ASK_IN}<>"$RUN/ask.in" {ASK_OUT}<>"$RUN/ask.out"
	exec {QMP_IN}<>"$RUN/qmp.in" {QMP_OUT}<>"$RUN/qmp.out"
	qmp qmp_capabilities >/dev/null || return
	while kill -0 $$; do
		IFS= read -r -t 2 part <&"$ASK_OUT" || { line+=$part; continue; }	# half a line
		read -r name what args <<<"$line$part"
		line=''
		echo "asked: $name $what $args"
		# shellcheck disable=SC2086 # several arguments
		if answer=$("asked_$what" "$name" $args); then
			echo "done $answer"
		else
			echo "failed $answer"
		fi | tee /dev/fd/"$ASK_IN"
	done
} >"$RUN/host.log" 2>&1
