# --- The system store: the bundle that most programs load ----------------------------------------------------------

# The value of $1 in os-release.
release() {
    [ -r /etc/os-release ] || return 0
    sed -n "s/^$1=//p" /etc/os-release | tr -d "\"'" | head -n 1
}

# families calls this for each family of distributions: IDS TELLING FOLDER ENDING HEADING TOOL ARGUMENT BUNDLE STALE LINKS COPIES JAVA ALIAS.
# The first that fits is kept.
fits() {
    [ -z "$folder" ] || return 0
    case $6 in
        /*) [ -x "$6" ] || return 0 ;;
    esac
    case $match,$2 in
        tool,*) case $6 in /*) ;; *) return 0 ;; esac ;;
        id,*) case " $1 " in *" $id "*) ;; *) return 0 ;; esac ;;
        folder,yes) [ -d "$3" ] || return 0 ;;
        *) return 0 ;;
    esac
    nearest=${nearest:-$6}
    case $6 in /*) ;; *) has "$6" || return 0 ;; esac
    folder=$3 ending=$4 heading=$5 tool=$6 argument=$7 bundle=$8
    shift 8
    stale=$1 links=$2 copies=$3 java=$4 alias=$5
}

# Finds the family of this machine: its own updater, its distribution, those that its distribution is like, its folders.
find_family() {
    folder='' nearest=''
    match=tool
    families
    match=id
    for id in $(release ID) $(release ID_LIKE); do families; done
    if [ -z "$folder" ] && [ -z "$nearest" ]; then
        match=folder
        families
    fi
    [ -n "$folder" ]
}

# Whether programs of this machine trust the current certificate by the system store.
system_trusts() {
    if [ -n "$copies" ]; then
        for file in "$copies"/*; do ! holds "$file" || return 0; done
        return 1
    fi
    holds "$bundle"
}

update() {
    [ -z "$stale" ] || rm -f "$stale"
    # shellcheck disable=SC2086
    bounded "$timeout" "$tool" $argument
}

# Removes what the updater leaves of the current certificate: links, copies, and an entry of Java's keystore.
sweep() {
    file=$folder/$name.$ending
    # What stood there before is there again.
    if [ -e "$file" ] || [ -h "$file" ]; then return; fi
    if [ -n "$links" ]; then
        for link in "$links"/*; do
            [ -h "$link" ] || continue
            case $(readlink "$link") in "$file" | "$name.pem") rm -f "$link" ;; esac
        done
    fi
    if [ -n "$copies" ]; then
        for copy in "$copies"/*; do
            if [ ! -h "$copy" ] && holds "$copy"; then rm -f "$copy"; fi
        done
    fi
    if [ -n "$java" ] && [ -f "$java" ] && has keytool; then
        keytool -delete -alias "${alias%%@*}$name${alias##*@}" -keystore "$java" -storepass changeit \
            >/dev/null 2>&1 </dev/null || :
    fi
}

store_system() {
    for marker in $declared; do
        [ -e "$marker" ] || continue
        for n in $anchors; do
            choose "$n"
            report system failed false "this system's store is declared in its configuration or image ($marker exists): README"
        done
        return
    done
    if ! find_family; then
        for n in $anchors; do
            choose "$n"
            if [ -n "$nearest" ]; then
                report system failed false "$nearest is missing: install the package ca-certificates, then try again"
            else
                report system skipped false "no store of a known kind was found"
            fi
        done
        return
    fi
    where=${copies:-$bundle}
    if [ "$action" = remove ]; then
        out_of_system
        return
    fi
    waiting=
    for n in $anchors; do
        choose "$n"
        file=$folder/$name.$ending
        if system_trusts; then
            report_trusted false "$file" "$where holds the certificate"
        elif ! is_root; then
            report system failed false "needs root"
        elif [ "$dry_run" = true ]; then
            report system untrusted false "$where does not hold the certificate"
            differs "$file"
        elif put "$file"; then
            waiting="$waiting $n"
        else
            report system failed false "$why"
        fi
    done
    [ -n "$waiting" ] || return 0
    update && said=''
    reason=$said
    failed=false
    for n in $waiting; do
        choose "$n"
        if system_trusts; then
            differs "$folder/$name.$ending"
            if [ -n "$reason" ]; then
                report system partial true "$where holds the certificate, but $tool failed: $reason"
            else
                report_trusted true "$folder/$name.$ending" "$where holds the certificate"
            fi
        else
            take_back "$folder/$name.$ending"
            sweep
            failed=true
            report system failed false "$tool: ${reason:-it succeeded, but $where does not hold the certificate}"
        fi
    done
    # The bundle is made again without what was taken back.
    if [ "$failed" = true ] && [ "$timed_out" = false ]; then update; fi
}

# (remove) The certificates out of the system store.
out_of_system() {
    waiting=
    for n in $anchors; do
        choose "$n"
        file=$folder/$name.$ending
        if is_changed "$file"; then
            report system failed false "$file is not as this script writes it: left as it is"
        elif ! is_as_wanted "$file"; then
            if system_trusts; then
                report system trusted false "$where still holds the certificate: somebody else put it there"
            else
                report system untrusted false "$where does not hold the certificate"
            fi
        elif ! is_root; then
            report system failed false "needs root"
        elif [ "$dry_run" = true ]; then
            report system trusted false "$file is here"
            differs "$file"
        elif take_back "$file"; then
            sweep
            waiting="$waiting $n"
        else
            report system failed true "$why"
        fi
    done
    [ -n "$waiting" ] || return 0
    update && said=''
    for n in $waiting; do
        choose "$n"
        sweep
        differs "$folder/$name.$ending"
        if system_trusts; then
            report system trusted true "$where still holds the certificate${said:+: $tool: $said}"
        else
            report system untrusted true "$where does not hold the certificate"
        fi
    done
}

# --- What an earlier run left --------------------------------------------------------------------------------------------

# (remove) The store of the file $1.
store_of() {
    case $1 in
        */containers/certs.d/*) echo podman ;;
        */docker/certs.d/*) echo docker ;;
        */certs.d/*) echo containerd ;;
        *) echo system ;;
    esac
}

# (remove) Takes back what the record still has of the certificates: files for registries that this script does not name, of programs that
# are gone, and of a run that was killed.
take_back_rest() {
    [ -f "$records/record" ] || return 0
    lines=$(sed -n 's/^put //p; s/^before [0-9]* //p' "$records/record" | sort -u)
    rest=$IFS
    IFS='
'
    set -f
    for path in $lines; do
        IFS=$rest
        for n in $anchors; do
            choose "$n"
            case ${path##*/} in "$name".*) ;; *) continue ;; esac
            one=$(store_of "$path")
            differs "$path"
            count=$(kept "$path")
            if { [ -e "$path" ] || [ -h "$path" ]; } && ! holds "$path"; then
                if [ -n "$count" ] && [ ! -e "$records/before/$count" ] && [ ! -h "$records/before/$count" ]; then
                    # A run was killed after it had put back what stood there.
                    forget "before $count $path"
                    forget "put $path"
                    continue
                fi
                report "$one" failed false "$path is not as this script writes it: left as it is"
            elif [ "$dry_run" = true ]; then
                report "$one" trusted false "$path is left of an earlier run"
            elif take_back "$path"; then
                [ "$one" != system ] || { sweep; update; }
                report "$one" untrusted true "$path was left of an earlier run, and is taken back"
            else
                report "$one" failed true "$path: $why"
            fi
        done
    done
    set +f
    IFS=$rest
}
