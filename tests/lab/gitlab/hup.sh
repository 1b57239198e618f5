# Makes nginx read its settings and waits until the workers that had the old ones listen no more: until then either
# may answer.
workers=$(pgrep -P "$(cat /opt/gitlab/service/nginx.pid)")
gitlab-ctl hup nginx
for i in $(seq 400); do
    left=
    for worker in $workers; do
        title=$(tr '\0' ' ' 2>/dev/null <"/proc/$worker/cmdline") || continue
        case $title in '' | *'shutting down'*) ;; *) left=$worker ;; esac
    done
    [ -n "$left" ] || exit 0
    sleep 0.02
done
tail -n 20 /var/log/gitlab/nginx/error.log >&2
exit 1
