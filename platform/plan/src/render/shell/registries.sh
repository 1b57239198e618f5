# --- Docker, podman and containerd: a folder for each registry ---------------------------------------------------------

# in_registry STORE FOLDER ENDPOINT: the current certificate in the registry's folder FOLDER.
in_registry() {
    file=$2/$name.crt
    if [ "$action" = remove ]; then
        out_of_registry "$@"
        return
    fi
    broken=
    for half in "$2"/*.cert; do
        [ ! -e "$half" ] || [ -e "${half%.cert}.key" ] || broken=$half
    done
    if [ -n "$broken" ]; then
        report "$1" failed false "$3: the program gives up at $broken: its key is missing beside it"
    elif [ -f "$2/hosts.toml" ] && [ "$1" != podman ] && ! grep -Fq "$name.crt" "$2/hosts.toml"; then
        report "$1" failed false "$3: $2/hosts.toml must name the CA: run the program labtrust there"
    elif holds "$file"; then
        report "$1" trusted false "$3: $file"
    elif is_locked "$2"; then
        report "$1" failed false "$3: needs root"
    elif [ "$dry_run" = true ]; then
        report "$1" untrusted false "$3: $file is missing"
        differs "$file"
    elif put "$file" && holds "$file"; then
        report "$1" trusted true "$3: $file"
        differs "$file"
    else
        report "$1" failed false "$3: ${why:-$file cannot be read}"
    fi
}

# (remove) The same, out of the folder.
out_of_registry() {
    if is_changed "$file"; then
        report "$1" failed false "$3: $file is not as this script writes it: left as it is"
        return
    elif is_as_wanted "$file" && [ "$dry_run" = true ]; then
        report "$1" trusted false "$3: $file holds the certificate"
        differs "$file"
        return
    elif is_as_wanted "$file" && is_locked "$2"; then
        report "$1" failed false "$3: needs root"
        return
    elif is_as_wanted "$file"; then
        if ! take_back "$file"; then
            report "$1" failed true "$3: $why"
            return
        fi
        differs "$file"
        # An empty folder of a registry hides the folders that come after it.
        rmdir "$2" 2>/dev/null || :
        done_now=true
    else
        done_now=false
    fi
    for other in "$2"/*.crt; do
        if holds "$other"; then
            report "$1" trusted "$done_now" "$other still holds the certificate: somebody else put it there"
            return
        fi
    done
    report "$1" untrusted "$done_now" "$3: no file of $2 holds the certificate"
}

# registries calls this for each registry: ENDPOINT NAME PORTABLE-NAME.
in_docker() { in_registry docker "$certs_d/$2" "$1"; }

store_docker() {
    found=false
    for row in $engines; do
        certs_d=${row%%:*}
        case ${row##*:} in
            *sock) [ -S "${row##*:}" ] || continue ;;
            *) [ -e "${row##*:}" ] || continue ;;
        esac
        case " $served " in *" $certs_d "*) continue ;; esac
        served="$served $certs_d"
        found=true
        each_registry in_docker
    done
    is_root || own_docker
    [ "$found" = true ] || skip docker "Docker is not installed"
}

# Whether this is not root, and may not write into the folder $1, or make it.
is_locked() {
    is_root && return 1
    above=$1
    until [ -z "$above" ] || [ -e "$above" ]; do above=${above%/*}; done
    [ ! -w "${above:-/}" ]
}

skip() {
    for n in $anchors; do choose "$n"; report "$1" skipped false "$2"; done
}

each_registry() {
    # The certificate stands alone in these folders.
    heading=
    for n in $anchors; do
        choose "$n"
        "registries_$n" "$1"
    done
}

# Of the folders for a registry, the first that exists is read.
in_podman() {
    place=
    for base in "$podman_own" /etc/containers/certs.d /etc/docker/certs.d; do
        if [ -z "$place" ] && [ -d "$base/$2" ]; then place=$base/$2; fi
    done
    in_registry podman "${place:-$podman_usual/$2}" "$1"
}

store_podman() {
    for program in podman buildah skopeo crio; do
        has "$program" || continue
        if is_root; then
            podman_own=/etc/containers/certs.d
            podman_usual=$podman_own
            case " $served " in *" /etc/docker/certs.d "*) podman_usual=/etc/docker/certs.d ;; esac
            # Docker's folder was written above, and serves these programs too.
        else
            podman_own=$HOME/.config/containers/certs.d
            podman_usual=$podman_own
        fi
        each_registry in_podman
        return
    done
    skip podman 'none of these programs is installed'
}

in_containerd() {
    place=$certs_d/$3
    [ -n "$3" ] && [ -d "$place" ] || place=$certs_d/$2
    in_registry containerd "$place" "$1"
}

# in_nerdctl SETTINGS FIRST SECOND: what nerdctl reads, as containerd would: the first of two folders that has one for the registry
# or for all, unless its settings name others.
in_nerdctl() {
    found=true
    if grep -q '^[[:space:]]*hosts_dir' "$1" 2>/dev/null; then
        for n in $anchors; do
            choose "$n"
            report containerd failed false "$1 names folders: run the program labtrust there"
        done
        return
    fi
    first=$2 second=$3
    each_registry in_first
}

in_first() {
    certs_d=$first
    answers "$@" || certs_d=$second
    answers "$@" || certs_d=$first
    [ "$certs_d" = "$cri" ] || in_containerd "$@"
}

answers() { [ -e "$certs_d/$2" ] || [ -e "$certs_d/${3:-$2}" ] || [ -e "$certs_d/_default" ]; }

store_containerd() {
    found=false cri=
    if has containerd; then
        certs_d=$(containerd_folder)
        case $certs_d in
            /*:* | *'
'*)
                found=true
                skip containerd "$containerd_settings names several folders: run the program labtrust there" ;;
            /*)
                found=true cri=$certs_d
                each_registry in_containerd ;;
        esac
    fi
    # shellcheck disable=SC2086
    if ! is_root; then own_nerdctl; elif has nerdctl; then in_nerdctl $nerdctl; fi
    [ "$found" = true ] || skip containerd "containerd is not installed, or reads no folder of registries"
}
