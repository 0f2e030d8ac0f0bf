# What insmod, rmmod, lsmod and modprobe of `tracefs run` share.
MACHINE=/sys/kernel/tracing/.machine

module_name() { # FILE or NAME
	name=${1##*/}
	echo "${name%.ko}" | tr - _
}

loaded() { # NAME
	grep -q "^$1 " "$MACHINE/proc/modules"
}

users_of() { # NAME
	while read -r name size count users rest; do
		[ "$name" != "$1" ] || [ "$users" = - ] || echo "${users%,}" | tr , ' '
	done <"$MACHINE/proc/modules"
}

known() { # NAME
	grep -q "^$1:" "$MACHINE/insmod"
}

needs() { # NAME
	sed -n "s/^$1://p" "$MACHINE/insmod"
}

# Write TEXT to one of the machine's files; prints why that failed. The shell does it, not a program: a module's init
# runs in the task that writes, which is insmod. (bash's echo tells of errors; dash's does not.)
put() { # TEXT FILE
	error=$({ LC_ALL=C; echo "$1" >"$MACHINE/$2"; } 2>&1) && return
	echo "${error##*: }"
	return 1
}
