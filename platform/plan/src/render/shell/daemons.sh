# --- Daemons that read the system store once, when they start ----------------------------------------------------------

# The folder of registries that containerd is set to read, if any.
containerd_folder() {
    [ -r "$containerd_settings" ] || return 0
    sed -n 's/^[[:space:]]*config_path[[:space:]]*=[[:space:]]*["'\'']\([^"'\'']*\)["'\''].*/\1/p' "$containerd_settings" |
        sed '/^$/d' | sort -u
}

# Whether containerd pulls images for Kubernetes.
serves_kubernetes() {
    for sign in $kubernetes; do
        case $sign in
            /*) [ ! -e "$sign" ] || return 0 ;;
            *) ! has "$sign" || return 0 ;;
        esac
    done
    return 1
}

# The rows PROCESS:SERVICE that count for the current certificate.
rows_of_daemons() {
    for row in $daemons; do
        case $row in
            containerd:*) { serves_kubernetes && [ -z "$(containerd_folder)" ]; } || continue ;;
        esac
        printf '%s\n' "$row"
    done
    # Docker reads its folders of registries at each request.
    [ -n "$("registries_$n" echo)" ] || echo dockerd:docker
}

# When the process number $1 started, in seconds since 1970.
started() {
    ticks=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)
    booted=$(sed -n 's/^btime //p' /proc/stat)
    second=$(getconf CLK_TCK 2>/dev/null || echo 100)
    [ -n "$ticks" ] && echo $((booted + ticks / second))
}

# The services that started before the file $1 was written.
late_services() {
    [ -r /proc/stat ] && written=$(stat -c %Y "$1" 2>/dev/null) || return 0
    rows=$(rows_of_daemons)
    for process in /proc/[0-9]*; do
        { read -r command <"$process/comm"; } 2>/dev/null || continue
        for row in $rows; do
            [ "$command" = "${row%%:*}" ] || continue
            since=$(started "${process##*/}") || continue
            # The clock of processes has seconds alone.
            if [ $((since + 2)) -le "$written" ]; then echo "${row##*:}"; fi
        done
    done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# (restart) Restarts the service $1.
restart_service() {
    if [ -d /run/systemd/system ] && has systemctl; then bounded "$timeout" systemctl restart "$1"
    elif has rc-service; then bounded "$timeout" rc-service "$1" restart
    elif has service; then bounded "$timeout" service "$1" restart
    else said="no service manager was found"; return 1
    fi
}

# report_trusted CHANGED FILE DETAIL: the system store trusts the current certificate by the file FILE. A daemon that started
# earlier does not.
report_trusted() {
    late=$(late_services "$2")
    if [ -z "$late" ]; then
        report system trusted "$1" "$3"
    elif [ "$restart" = true ] && [ "$dry_run" = false ] && is_root; then
        for service in $late; do restart_service "$service" || break; done
        left=$(late_services "$2")
        if [ -z "$left" ]; then
            report system trusted true "$3; restarted: $late"
        else
            report system pending "$1" "$3; to be restarted: $left${said:+: $said}"
        fi
    else
        report system pending "$1" "$3; to be restarted: $late"
    fi
}
