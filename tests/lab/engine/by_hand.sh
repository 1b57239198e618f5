# Starts a daemon as a person does in a shell, beside the machine's own: its data and its socket ($1) are in places of
# their own, and so are its files in /etc if ETC is set, as those of a daemon in a container.
set -e
socket=$1
mkdir -p /tmp/by-hand "${socket%/*}"
set -- --data-root /tmp/by-hand/data --exec-root /tmp/by-hand/exec --host "unix://$socket" --iptables=false \
    --ip6tables=false --bridge=none --storage-driver=vfs
[ "$socket" = /run/docker.sock ] || set -- "$@" --pidfile /tmp/by-hand/pid
[ -z "$ETC" ] || set -- unshare --mount sh -ec \
    'mkdir /tmp/etc; mount -t tmpfs etc /tmp/etc; cp -a /etc/. /tmp/etc; mount --move /tmp/etc /etc; exec dockerd "$@"' dockerd "$@"
[ -n "$ETC" ] || set -- dockerd "$@"
unset ETC
setsid "$@" >>/var/log/docker.log 2>&1 </dev/null &
