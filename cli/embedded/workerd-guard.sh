#!/bin/sh
# Runs workerd so that it cannot outlive the process that started it, on Linux and macOS alike.
# RKAT_GUARD_WORKERD is the real binary, RKAT_GUARD_PARENT the process to live and die with,
# RKAT_GUARD_NOTE the file that says which process writes to the state root.

# Ctrl-C reaches the whole foreground group; the parent decides when the runtime stops.
trap '' INT HUP

workerd=$$
printf '%s %s' "$workerd" "$*" >"$RKAT_GUARD_NOTE"
(
  # An open copy of workerd's pipes here would keep the parent waiting for their end.
  exec </dev/null >/dev/null 2>&1 3>&-
  while kill -0 "$workerd" && kill -0 "$RKAT_GUARD_PARENT"; do sleep 1; done
  kill -9 "$workerd"
) &

exec "$RKAT_GUARD_WORKERD" "$@"
