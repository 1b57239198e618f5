# Starts a daemon as a person does in a shell, beside the machine's own: its data, its process number and its socket ($1)
# are in places of their own.
set -e
mkdir -p /tmp/by-hand "${1%/*}"
setsid dockerd --data-root /tmp/by-hand/data --exec-root /tmp/by-hand/exec --pidfile /tmp/by-hand/pid \
    --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --host "unix://$1" \
    >>/var/log/docker.log 2>&1 </dev/null &
