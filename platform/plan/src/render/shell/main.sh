# --- The whole -----------------------------------------------------------------------------------------------------

usage() {
    cat <<END
usage: sh SCRIPT [apply | check | remove] [--restart] [-v]

  apply    trust the CA in each store of this machine, and prove it$default_apply
  check    ask the stores, and change nothing; exit code 1 if there is something to do
  remove   take it out of each store again, and put back what stood there$default_remove

Exit codes: 0 done and proven, 1 the answer is no, 2 wrong command line, 3 not done, 4 done, but a restart is left.
The last line on standard output is one JSON document.
END
}

# A file that `apply` would write, for a difference.
would() { files=${files:+$files,}$(quoted "$1"); }

main() {
    action=$default_action verbose=false restart=false
    for argument in ${1+"$@"}; do
        case $argument in
            apply | check | remove) action=$argument ;;
            --restart) restart=true ;;
            -v) verbose=true ;;
            -h | --help) usage; exit 0 ;;
            *) printf 'labtrust: %s is no word of this script\n' "$argument" >&2; usage >&2; exit 2 ;;
        esac
    done
    uid=$(id -u)
    HOME=${HOME:-/}
    code=0 changed=false notes='' files='' served='' why=''
    wanted=trusted
    [ "$action" != remove ] || wanted=untrusted
    if is_root; then
        records=/var/lib/labtrust/script
    else
        records=${XDG_DATA_HOME:-$HOME/.local/share}/labtrust/script
    fi
    check_certificates
    for n in $anchors; do eval "results_$n="; done
    store_system
    store_docker
    store_podman
    store_containerd
    others
    all=
    for n in $anchors; do
        choose "$n"
        eval "all=\${all:+\$all,}'{\"sha256\":\"$sha256\",\"stores\":['\$results_$n']}'"
    done
    printf '{"schema":1,"action":"%s","changed":%s,"code":%s,"anchors":[%s],"files":[%s],"notes":[%s]}\n' \
        "$action" "$changed" "$code" "$all" "$files" "$notes"
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
    for browser in firefox firefox-esr chromium google-chrome thunderbird; do
        has "$browser" || continue
        note 'a browser is here: its own CAs are in the policies and in the profiles of its users: run the program labtrust there'
        break
    done
}

main ${1+"$@"} </dev/null
