# --- Without root: the user's own stores ----------------------------------------------------------------------------------

# (user) The folder of registries of a Docker daemon that runs without root.
own_docker() {
    [ -S "${XDG_RUNTIME_DIR:-/run/user/$uid}/docker.sock" ] || [ -e "$HOME/.config/systemd/user/docker.service" ] || return 0
    found=true
    certs_d=${XDG_CONFIG_HOME:-$HOME/.config}/docker/certs.d
    each_registry in_docker
}

# (user) What nerdctl reads for a user who has a containerd.
own_nerdctl() {
    for sign in $nerdctl_signs; do
        [ -e "$HOME/$sign" ] || continue
        # shellcheck disable=SC2086
        set -- $nerdctl_own
        in_nerdctl "$HOME/$1" "$HOME/$2" "$HOME/$3"
        return
    done
}

# (user) NSS's tool, for the database in the folder `$database`. It asks for no password.
nss() { certutil "$@" -d "sql:$database" -f /dev/null; }

# (user) Finds the current certificate in the database, whatever its nickname there: `nickname` and `flags`.
listed_by_nss() {
    all=$(nss -L 2>/dev/null </dev/null | sed -n 's/^\(.*[^ ]\)  *\([^ ,]*,[^ ,]*,[^ ,]*\) *$/\2 \1/p')
    while read -r flags nickname; do
        [ -n "$nickname" ] || continue
        if nss -a -L -n "$nickname" 2>/dev/null </dev/null | contains; then return 0; fi
    done <<END
$all
END
    return 1
}

# (user) Chromium and its kin read one of two databases: a new first one would hide the second.
store_nss() {
    database=$HOME/.pki/nssdb
    [ -e "$database" ] || database=$HOME/.local/share/pki/nssdb
    here=false
    for program in $nss_programs; do ! has "$program" || here=true; done
    if [ ! -e "$database" ] && { [ "$here" = false ] || [ "$action" = remove ]; }; then
        skip chromium 'you have no such browser'
        return
    fi
    if [ ! -e "$database/cert9.db" ]; then
        skip chromium "you have not started such a browser yet: $database is missing"
        note 'After the first start of Chromium or a browser of its kin, run this again: until then it has no database'
        return
    fi
    for n in $anchors; do
        choose "$n"
        if ! has certutil; then
            report chromium failed false "certutil of NSS is missing: install it (Debian: libnss3-tools)"
        elif ! why=$(nss -L 2>&1 </dev/null); then
            report chromium failed false "$database cannot be read: $why"
        elif [ "$action" = remove ]; then
            out_of_nss
        else
            in_nss
        fi
    done
}

# (user) The current certificate in the database.
in_nss() {
    eval "masked=\${masked_$n:-}"
    if [ -n "$masked" ]; then
        report chromium failed false "$masked"
    elif listed_by_nss; then
        case ${flags%%,*} in
            *C*) report chromium trusted false "$database lists it as $nickname" ;;
            *) report chromium failed false "$database lists it as $nickname without trust ($flags): run the program labtrust" ;;
        esac
    elif [ "$dry_run" = true ]; then
        report chromium untrusted false "$database does not list it"
        differs "$database/cert9.db"
    else
        why=$("pem_$n" | nss -A -t C,, -n "$name" 2>&1)
        if listed_by_nss && [ "$flags" = C,, ]; then
            report chromium trusted true "$database lists it as $nickname"
            differs "$database/cert9.db"
        else
            # With a password, the certificate is added without trust.
            out_of_nss_alone
            report chromium failed false "$database: ${why:-certutil did not add it}"
        fi
    fi
}

# (user) The current certificate out of the database, where it has our nickname and no other certificate has it too.
out_of_nss_alone() {
    listed_by_nss || return 0
    [ "$nickname" = "$name" ] || return 1
    [ "$(nss -a -L -n "$name" 2>/dev/null </dev/null | grep -c BEGIN)" = 1 ] || return 1
    nss -D -n "$name" >/dev/null 2>&1 </dev/null
    ! listed_by_nss
}

# (user) The same, reported.
out_of_nss() {
    if ! listed_by_nss; then
        report chromium untrusted false "$database does not list it"
    elif [ "$nickname" != "$name" ]; then
        report chromium trusted false "$database lists it as $nickname: somebody else put it there"
    elif [ "$dry_run" = true ]; then
        report chromium trusted false "$database lists it"
        differs "$database/cert9.db"
    elif out_of_nss_alone; then
        report chromium untrusted true "$database does not list it"
        differs "$database/cert9.db"
    else
        report chromium failed false "$database still lists it as $nickname: run the program labtrust"
    fi
}
