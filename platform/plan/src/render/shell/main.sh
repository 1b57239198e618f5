# --- The whole -----------------------------------------------------------------------------------------------------

# (help) The words that this script takes.
usage() {
    cat <<END
usage: sh SCRIPT [apply | check | remove] [--dry-run] [--restart] [--timeout SECONDS] [-v]

  apply    trust the CA in each store of this machine, and prove it$default_apply
  check    ask the stores, and change nothing; exit code 1 if there is something to do
  remove   take it out of each store again, and put back what stood there$default_remove

  --dry-run  change nothing, and name the files that would be written or removed
  --restart  restart what reads the system store only when it starts
  --timeout  for the system store's updater; it is stopped afterwards [default: 120]

Exit codes: 0 done and proven, 1 the answer is no, 2 wrong command line, 3 not done, 4 done, but a restart is left.
The last line on standard output is one JSON document.
END
}

# Notes the file $1 for a difference: it is written or removed, or would be.
differs() { files=${files:+$files,}$(quoted "$1"); }

# (help) The same, after the message $1.
misuse() {
    printf 'labtrust: %s\n' "$1" >&2
    usage >&2
    exit 2
}

main() {
    action=$default_action verbose=false restart=false dry_run=false timeout=120
    while [ $# -gt 0 ]; do
        case $1 in
            apply | check | remove) action=$1 ;;
            --dry-run) dry_run=true ;;
            --restart) restart=true ;;
            --timeout)
                case ${2:-0} in
                    0* | *[!0-9]*) misuse "--timeout takes a number of seconds" ;;
                esac
                timeout=$2
                shift ;;
            -v) verbose=true ;;
            -h | --help) usage; exit 0 ;;
            *) misuse "$1 is not a word of this script" ;;
        esac
        shift
    done
    asked=$action
    if [ "$action" = check ]; then action=$default_action dry_run=true; fi
    uid=$(id -u)
    HOME=${HOME:-/}
    code=0 changed=false notes='' files='' served='' why='' text='' items='' bundle='' copies=''
    wanted=trusted
    [ "$action" != remove ] || wanted=untrusted
    if is_root; then
        records=/var/lib/labtrust/script
    else
        records=${XDG_DATA_HOME:-$HOME/.local/share}/labtrust/script
    fi
    is_root || user 2>/dev/null || fail 'this copy of the script serves root alone' 'run it as root'
    check_programs
    check_certificates
    for n in $anchors; do eval "results_$n="; done
    [ "$dry_run" = true ] || lock
    store_system
    # Before Docker's: nerdctl reads its folder too, as the last one.
    store_containerd
    store_docker
    store_podman
    store_chromium
    store_firefox
    is_root || store_nss
    [ "$action" != remove ] || take_back_rest
    others
    all=
    for n in $anchors; do
        choose "$n"
        eval "all=\${all:+\$all,}'{\"sha256\":\"$sha256\",\"stores\":['\$results_$n']}'"
    done
    printf '{"schema":1,"action":"%s","changed":%s,"code":%s,"anchors":[%s],"files":[%s],"notes":[%s]}\n' \
        "$asked" "$changed" "$code" "$all" "$files" "$notes"
    exit "$code"
}

# What the program labtrust serves and this script does not.
others() {
    [ "$action" != remove ] || return 0
    for program in java keytool; do
        if has "$program"; then
            note 'Java keeps CAs in its own keystores, except where the updater fills them: run the program labtrust there'
            break
        fi
    done
    is_root || others_of_user
}

# (user) The same of a user's programs.
others_of_user() {
    names=
    for program in firefox firefox-esr thunderbird git pnpm yarn minikube; do
        ! has "$program" || names=${names:+$names, }$program
    done
    [ -z "$names" ] || note "settings or databases of their own have: $names. Where one refuses the server, run the program labtrust"
    for one in "$HOME"/snap/*/current/.pki/nssdb "$HOME"/.var/app/*/.pki/nssdb; do
        [ ! -e "$one" ] || note "$one is the database of a snap or Flatpak: run the program labtrust"
    done
}

main ${1+"$@"} </dev/null
