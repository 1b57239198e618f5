# Ends a service and waits until it was started again and listens: another process, with what it now reads.
file=/opt/gitlab/service/$1.pid
before=$(cat "$file")
kill -TERM "$before"
for i in $(seq 400); do
    now=$(cat "$file")
    if [ "$now" != "$before" ] && ls -l "/proc/$now/fd" 2>/dev/null | grep -o 'socket:\[[0-9]*' | cut -d[ -f2 |
        while read -r inode; do grep -q " 0A .* $inode " /proc/net/tcp /proc/net/tcp6 && echo listens; done | grep -q .; then
        exit
    fi
    sleep 0.05
done
tail -n 20 "/var/log/gitlab/$1.log" >&2
exit 1
