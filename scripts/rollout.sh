#!/bin/sh
# Trusts the CA of a private GitLab in the stores of this machine, and proves it. It needs no other program.
#
#   sh labtrust-trust.sh                      on this machine, as root; without root it serves your own stores
#   sh labtrust-trust.sh check                asks the stores, and changes nothing
#   ssh HOST sudo sh -s <labtrust-trust.sh    on another machine
#
# Rendered by labtrust. The certificates below are public.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154,SC2317,SC2329

set -u
umask 022
LC_ALL=C
export LC_ALL
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin
export PATH

# --- The certificates and the registries ---
default_action=apply
default_apply=' (unless another is named)'
default_remove=''
anchors=1
sha256_1=322d1b780dee39d299695e18fbf4ac510a1aa94e87a936d414865e6027bb67f1
name_1=labtrust-322d1b780dee39d2
pem_1() {
    printf '%s\n' '-----BEGIN CERTIFICATE-----' \
        'MIIB/zCCAaagAwIBAgIUDlwTTpbBnDu0Jgus0QbOh85KbBYwCgYIKoZIzj0EAwIw' \
        'HjEcMBoGA1UEAwwTbGFidHJ1c3QgZXhhbXBsZSBDQTAeFw0yNjExMzAxNzA5NTBa' \
        'Fw0zNjExMjcxNzA5NTBaMB4xHDAaBgNVBAMME2xhYnRydXN0IGV4YW1wbGUgQ0Ew' \
        'WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAToBZIlOPTFX+P6CS0Zr2uNKO8TBB2n' \
        '6Wf0R7TXoqkshlFn97MyLduWP91EzjsX7xW+avFWKP0XxSwNgznN6mSwo4HBMIG+' \
        'MB0GA1UdDgQWBBTzPCzewYdu1H0wbtK02fox6Xl42DAfBgNVHSMEGDAWgBTzPCze' \
        'wYdu1H0wbtK02fox6Xl42DASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQE' \
        'AwIBBjBYBgNVHR4BAf8ETjBMoBgwFoIUbXlnaXRsYWIuZXhhbXBsZS5jb22hMDAK' \
        'hwgAAAAAAAAAADAihyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADAK' \
        'BggqhkjOPQQDAgNHADBEAiBKKWGIbKC2G63fGe8l/8d3R4StvU9km4XM884EWq6p' \
        'HgIgY8GXy7kZx9yFgY52l/4VK5XvA4e66vLOKLLoGW5C890=' \
        '-----END CERTIFICATE-----'
}
registries_1() {
    :
    "$1" mygitlab.example.com:443 mygitlab.example.com ''
    "$1" mygitlab.example.com:4567 mygitlab.example.com:4567 mygitlab.example.com_4567_
}
# --- The end of the certificates ---

daemons='containerd:containerd crio:crio k3s-server:k3s k3s-agent:k3s-agent rke2:rke2-server rke2:rke2-agent'
kubernetes='kubelet crictl /var/lib/kubelet /etc/crictl.yaml'
containerd_settings=/etc/containerd/config.toml
nerdctl='/etc/nerdctl/nerdctl.toml /etc/containerd/certs.d /etc/docker/certs.d'
linked='fedora rhel centos arch alpine'
modules='/usr/lib/*/pkcs11/p11-kit-trust.so /usr/lib64/pkcs11/p11-kit-trust.so /usr/lib/pkcs11/p11-kit-trust.so'
engines='/etc/docker/certs.d:/usr/bin/dockerd /etc/docker/certs.d:/usr/sbin/dockerd /etc/docker/certs.d:/usr/local/bin/dockerd /etc/docker/certs.d:/var/packages/ContainerManager/target /etc/docker/certs.d:/var/packages/Docker/target /var/snap/docker/current/etc/docker/certs.d:/var/snap/docker/current /etc/docker/certs.d:/var/run/docker.sock /etc/docker/certs.d:/run/docker.sock'
declared='/etc/NIXOS /run/ostree-booted'

# (user) Below the home folder: what nerdctl reads, and signs of a containerd; and browsers.
user() {
    nerdctl_own='.config/nerdctl/nerdctl.toml .config/containerd/certs.d .config/docker/certs.d'
    nerdctl_signs='.config/systemd/user/containerd.service .local/share/nerdctl .config/nerdctl/nerdctl.toml .config/containerd/certs.d'
    nss_programs='chromium chromium-browser google-chrome google-chrome-stable microsoft-edge microsoft-edge-stable brave-browser brave-browser-stable vivaldi vivaldi-stable opera opera-stable'
}

chromium() {
    in_chromium /etc/chromium/policies/managed /usr/lib/chromium/chromium /usr/lib/chromium-browser/chromium-browser /usr/lib64/chromium-browser/chromium-browser
    in_chromium /etc/chromium-browser/policies/managed /snap/chromium/current
    in_chromium /etc/opt/chrome/policies/managed /opt/google/chrome/chrome
    in_chromium /etc/brave/policies/managed /opt/brave.com/brave/brave
}

firefox() {
    in_firefox libxul.so distribution/policies.json /etc/firefox/policies/policies.json /usr/lib/firefox /usr/lib/firefox-esr /usr/lib64/firefox /opt/firefox
    in_firefox libxul.so distribution/policies.json /etc/thunderbird/policies/policies.json /usr/lib/thunderbird /usr/lib64/thunderbird /opt/thunderbird
}

families() {
    fits 'synology dsm' yes /usr/syno/etc/security-profile/ca-bundle-profile/ca-certificates crt '' /usr/syno/bin/update-ca-certificates.sh '' /etc/ssl/certs/ca-certificates.crt '' /etc/ssl/certs '' '' ''
    fits 'fedora rhel centos openeuler azurelinux mariner' yes /etc/pki/ca-trust/source/anchors crt '' update-ca-trust extract /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem '' '' '' '' ''
    fits 'suse opensuse sles sled' yes /etc/pki/trust/anchors pem '' update-ca-certificates --fresh /var/lib/ca-certificates/ca-bundle.pem '' '' '' '' ''
    fits 'arch artix' yes /etc/ca-certificates/trust-source/anchors crt '' update-ca-trust '' /etc/ca-certificates/extracted/tls-ca-bundle.pem '' '' '' '' ''
    fits 'debian ubuntu alpine wolfi chainguard gentoo void slackware' yes /usr/local/share/ca-certificates crt '' update-ca-certificates '' /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt.new /etc/ssl/certs '' /etc/ssl/certs/java/cacerts debian:@.pem
    fits 'flatcar coreos' no /etc/ssl/certs pem '' update-ca-certificates '' /etc/ssl/certs/ca-certificates.crt '' /etc/ssl/certs '' '' ''
    fits freebsd yes /usr/local/share/certs crt Certificate: certctl rehash /etc/ssl/cert.pem '' '' /etc/ssl/certs '' ''
}

# --- What every store uses ---------------------------------------------------------------------------------------

# A word in parentheses before a function names the only case that needs it: a removal, a user who is not root, a restart, a CA that
# can sign for every server, the help. For Ansible, the script is sent without those that are not needed.

# Ends with the message $1 and the hint $2.
fail() {
    printf 'labtrust: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  hint: %s\n' "$2" >&2
    exit 3
}

has() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$uid" = 0 ]; }

# Makes the certificate number $1 the current one: n, name, sha256.
choose() {
    n=$1
    eval "name=\$name_$n sha256=\$sha256_$n"
}

# The SHA-256 of standard input, in hexadecimal digits.
digest() {
    if has sha256sum; then sha256sum | cut -c 1-64
    elif has shasum; then shasum -a 256 | cut -c 1-64
    elif has sha256; then sha256 -q
    elif has openssl; then openssl dgst -sha256 | sed 's/.*= *//'
    fi
}

# Standard input, which is Base64, as bytes.
decoded() {
    if has base64; then base64 -d 2>/dev/null
    elif has openssl; then openssl base64 -d
    fi
}

# The Base64 text of the current certificate, in one line.
body() { "pem_$n" | sed '/^-----/d' | tr -d '\n'; }

# Stops where a program is missing without which the answers below would be wrong: small images have no awk.
check_programs() {
    for program in awk cut grep sed tr; do
        has "$program" || fail "$program is missing, and this script needs it" "install $program, then run it again"
    done
}

# Stops unless each embedded certificate is the one that its fingerprint names.
check_certificates() {
    for n in $anchors; do
        choose "$n"
        found=$("pem_$n" | sed '/^-----/d' | decoded | digest)
        [ -n "$found" ] || fail "no program here computes a SHA-256" "install coreutils or openssl"
        [ "$found" = "$sha256" ] ||
            fail "this script is damaged: its certificate has the SHA-256 $found, not $sha256" "render it again"
    done
}

# Whether a PEM section of the file $1 is the current certificate.
holds() { [ -f "$1" ] && [ -r "$1" ] && contains <"$1"; }

# The same of standard input.
contains() {
    awk -v want="$(body)" '
        { gsub(/[ \t\r]/, "") }
        /^-----BEGINCERTIFICATE-----$/ { inside = 1; text = ""; next }
        /^-----ENDCERTIFICATE-----$/ { if (inside && text == want) found = 1; inside = 0; next }
        inside { text = text $0 }
        END { exit !found }
    '
}

# --- Results: one JSON object a store and certificate -----------------------------------------------------------

# The text $1 as a JSON string.
quoted() {
    printf '%s' "$1" | tr '\n\t\r' '   ' | tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g; s/^/"/; s/$/"/'
}

# report STORE STATE CHANGED DETAIL: the result of a store for the current certificate.
report() {
    case $2 in
        "$wanted") mark='✓' ;;
        skipped) mark='-' ;;
        *) mark='✗' ;;
    esac
    [ "$2" = skipped ] && [ "$verbose" = false ] ||
        printf '%s %-16s %-10s %s\n' "$mark" "$1" "$2" "$4" >&2
    one=$(printf '{"id":%s,"state":"%s","changed":%s,"detail":%s}' "$(quoted "$1")" "$2" "$3" "$(quoted "$4")")
    eval "results_$n=\${results_$n:+\$results_$n,}\$one"
    [ "$3" = false ] || changed=true
    case $2 in
        "$wanted" | skipped) ;;
        pending) worse 4 ;;
        failed) worse 3 ;;
        *) worse 1 ;;
    esac
}

# Keeps the worst exit code: a fault, then an answer of no, then a restart that is left.
worse() {
    case $code,$1 in
        3,* | *,3) code=3 ;;
        1,* | *,1) code=1 ;;
        *) code=$1 ;;
    esac
}

# A line about what this script does not serve.
note() {
    printf '%s\n' "- $1" >&2
    notes=${notes:+$notes,}$(quoted "$1")
}

# --- Files: each change is recorded before it is made, so that it can be taken back -------------------------------

# The line "$*" in the record.
remember() {
    why=$( { mkdir -p "$records" && chmod 700 "$records"; } 2>&1) || return 1
    has_record "$*" && return 0
    why=$( { printf '%s\n' "$*" | cat >>"$records/record"; } 2>&1)
}

has_record() { [ -f "$records/record" ] && grep -Fxq -e "$1" "$records/record"; }

# Takes the line $1 out of the record, and the record away with its last line. If the disk is full, the line stays: it does no harm.
forget() {
    has_record "$1" || return 0
    left=$(grep -Fxvc -e "$1" "$records/record")
    case $left in
        0)
            rm -f "$records/record"
            rmdir "$records/before" "$records" "${records%/*}" 2>/dev/null
            return 0 ;;
        '' | *[!0-9]*) return 0 ;;
    esac
    { grep -Fxv -e "$1" "$records/record" >"$records/record.new"; } 2>/dev/null
    if [ "$(grep -c '' "$records/record.new" 2>/dev/null)" = "$left" ]; then
        mv -f "$records/record.new" "$records/record"
    else
        rm -f "$records/record.new"
    fi
}

# Makes the folder $1 and those above it.
make_folder() {
    [ ! -d "$1" ] || return 0
    case $1 in
        */*/*) make_folder "${1%/*}" || return 1 ;;
    esac
    # The function has called itself: $1 is still this call's own.
    remember "made $1" || return 1
    why=$(mkdir "$1" 2>&1) && return 0
    forget "made $1"
    remove_folders "${1%/*}"
    return 1
}

# Removes the folder $1 and those above it that were made here, as far as they are empty.
remove_folders() {
    emptied=$1
    while has_record "made $emptied" && rmdir "$emptied" 2>/dev/null; do
        forget "made $emptied"
        emptied=${emptied%/*}
    done
}

# Moves what stands at the path $1 aside.
set_aside() {
    [ -e "$1" ] || [ -h "$1" ] || return 0
    count=1
    while [ -e "$records/before/$count" ] || [ -h "$records/before/$count" ]; do count=$((count + 1)); done
    remember "before $count $1" || return 1
    why=$( { mkdir -p "$records/before" && mv "$1" "$records/before/$count"; } 2>&1) && return 0
    # What was copied in part is no original.
    if [ -e "$1" ] || [ -h "$1" ]; then
        rm -rf "$records/before/$count"
        forget "before $count $1"
    fi
    return 1
}

# What is written: the text of a policy, or the current certificate, below a line that some updaters require.
contents() {
    [ -z "$text" ] || { printf '%s\n' "$text"; return; }
    [ -z "$heading" ] || printf '%s\n' "$heading"
    "pem_$n"
}

# Whether the file $1 is no link and holds what `contents` prints.
is_as_wanted() { [ -f "$1" ] && [ ! -h "$1" ] && [ "$(contents; echo .)" = "$(cat "$1" 2>/dev/null; echo .)" ]; }

# Writes what `contents` prints into the file $1, atomically. If that fails, `why` is the reason.
put() {
    ! is_as_wanted "$1" || return 0
    make_folder "${1%/*}" || return 1
    # A policy that is there already is edited, and stays if that fails. One that sets nothing is moved aside, if it is not ours.
    known=false
    if [ -n "$text" ] && [ -e "$1" ] && { [ -n "$items" ] || has_record "put $1"; }; then
        known=true
    elif ! set_aside "$1"; then
        remove_folders "${1%/*}"
        return 1
    elif ! remember "put $1"; then
        failure=$why
        take_back "$1"
        why=$failure
        return 1
    fi
    rm -f "$1.labtrust-part"
    # The message of cat names the reason where the shell's own printf does not.
    # A file of somebody else keeps its owner and mode.
    if why=$( { { [ "$known" = false ] || cp -p "$1" "$1.labtrust-part"; } && contents | cat >"$1.labtrust-part" &&
        { [ "$known" = true ] || chmod 644 "$1.labtrust-part"; } && mv -f "$1.labtrust-part" "$1"; } 2>&1); then
        return 0
    fi
    rm -f "$1.labtrust-part"
    failure=$why
    if [ "$known" = false ] || [ ! -e "$1" ]; then take_back "$1"; fi
    why=$failure
    return 1
}

# The number under which the record keeps what stood at the path $1.
kept() {
    [ ! -f "$records/record" ] || awk -v path="$1" '
        $1 == "before" && substr($0, length($2) + 9) == path { number = $2 }
        END { print number }
    ' "$records/record"
}

# Whether somebody else changed the file $1 since this script wrote it. A run that was killed may have put back what stood there.
is_changed() {
    { [ -e "$1" ] || [ -h "$1" ]; } && ! is_as_wanted "$1" && has_record "put $1" || return 1
    count=$(kept "$1")
    [ -z "$count" ] || [ -e "$records/before/$count" ] || [ -h "$records/before/$count" ]
}

# (remove) Forgets the file $1, which somebody else made anew, and what stood there.
leave_to_others() {
    count=$(kept "$1")
    [ -z "$count" ] || rm -f "$records/before/$count"
    [ -z "$count" ] || forget "before $count $1"
    forget "put $1"
}

# Removes the file $1, puts back what stood there, and removes the folders that were made for it. If what stood there cannot be
# put back, `why` is the reason, and the record keeps it.
take_back() {
    rm -f "$1" "$1.labtrust-part"
    count=$(kept "$1")
    if [ -n "$count" ] && { [ -e "$records/before/$count" ] || [ -h "$records/before/$count" ]; }; then
        why=$(mv "$records/before/$count" "$1" 2>&1) || return 1
    fi
    [ -z "$count" ] || forget "before $count $1"
    rmdir "$records/before" 2>/dev/null
    forget "put $1"
    remove_folders "${1%/*}"
}

# --- One run at a time --------------------------------------------------------------------------------------------------

# Waits for another run of a script of this kind.
lock() {
    mkdir -p "${records%/*}" 2>/dev/null
    waited=0
    until mkdir "$records.lock" 2>/dev/null; do
        # A folder that cannot be written holds nobody up: each change says so.
        [ -d "$records.lock" ] || return 0
        holder=$(cat "$records.lock/pid" 2>/dev/null)
        if [ "$waited" -gt 1 ] && ! kill -s 0 "${holder:-0}" 2>/dev/null; then
            rm -rf "$records.lock"
            continue
        fi
        [ "$waited" -lt 300 ] || fail "another run holds $records.lock since 5 minutes" "wait for the process ${holder:-unknown}"
        waited=$((waited + 1))
        sleep 1
    done
    trap unlock EXIT
    trap 'exit 3' HUP INT TERM
    { echo $$ >"$records.lock/pid"; } 2>/dev/null
}

unlock() {
    rm -rf "$records.lock"
    rmdir "${records%/*}" 2>/dev/null
}

# --- Programs ----------------------------------------------------------------------------------------------------

# bounded SECONDS PROGRAM…: runs it; stopped with all its children when the time is over. `said` is the end of what it said.
bounded() {
    limit=$1
    shift
    output=/dev/null
    [ -d "$records" ] && : >"$records/output" && output=$records/output
    began=$(date +%s)
    if has setsid; then
        setsid "$@" >"$output" 2>&1 </dev/null &
        job=$!
        setsid sh -c 'sleep "$1"; kill -s TERM -- "-$2"; sleep 3; kill -s KILL -- "-$2"' sh "$limit" "$job" \
            >/dev/null 2>&1 </dev/null &
        watch=$!
        # A shell tells of a job that was stopped.
        { wait "$job"; } 2>/dev/null
        result=$?
        # What it left in its session ends with it; the watch may not have its own session yet.
        kill -s KILL -- "-$job" 2>/dev/null
        kill -s KILL -- "-$watch" 2>/dev/null
        kill -s KILL "$watch" 2>/dev/null
        { wait "$watch"; } 2>/dev/null
    elif has timeout; then
        timeout "$limit" "$@" >"$output" 2>&1 </dev/null
        result=$?
    else
        "$@" >"$output" 2>&1 </dev/null
        result=$?
    fi
    timed_out=false
    [ "$result" = 0 ] || [ $(($(date +%s) - began)) -lt "$limit" ] || timed_out=true
    said=$(tail -n 3 "$output" 2>/dev/null | tr '\n' ' ')
    rm -f "$records/output"
    [ "$timed_out" = false ] || said="it did not end within $limit seconds and was stopped"
    [ "$timed_out" = false ] && [ "$result" = 0 ]
}

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

# --- Browsers: a policy for every user ----------------------------------------------------------------------------------

# No shell reads JSON. Both policies have one item a CA. `$policy`_items finds the items of standard input, a line each, and
# `$policy`_text makes the file of them, as labtrust does. A file that is not made so from its own items is left to the program.

# Chromium's items: the key, a bar, and the lines of the item, which end with `~` here.
chromium_items() {
    awk '
        /^  "/ { key = $1 }
        /^    / {
            item = item substr($0, 5) "~"
            if (/^    ["}]/) { sub(/,?~$/, "~", item); print key "|" item; item = "" }
        }
    '
}

chromium_text() {
    awk -F '|' '
        NF < 2 { next }
        !($1 in list) { keys[++count] = $1 }
        {
            item = "    " substr($2, 1, length($2) - 1)
            gsub(/~/, "\n    ", item)
            list[$1] = list[$1] (list[$1] == "" ? "" : ",\n") item
        }
        END {
            print "{"
            for (i = 1; i <= count; i++) print "  " keys[i] " [\n" list[keys[i]] "\n  ]" (i < count ? "," : "")
            print "}"
        }
    '
}

firefox_items() { sed -n 's/^        \(".*"\),\{0,1\}$/\1/p'; }

firefox_text() {
    printf '{\n  "policies": {\n    "SecurityDevices": {\n      "Add": {\n'
    sed 's/^/        /; $!s/$/,/'
    printf '      }\n    }\n  }\n}\n'
}

# Whether the policy file $1 is missing, sets nothing, or is made as described above. `items` are its items.
read_policy() {
    items=
    [ -e "$1" ] || [ -h "$1" ] || return 0
    [ ! -h "$1" ] || return 1
    [ "$(tr -d ' \n' 2>/dev/null <"$1")" != '{}' ] || return 0
    items=$("${policy}_items" 2>/dev/null <"$1") &&
        [ "$(printf '%s\n' "$items" | "${policy}_text"; echo .)" = "$(cat "$1" 2>/dev/null; echo .)" ]
}

# in_policy STORE FILE: the current certificate in the policy file FILE, by its item `$item`, which is found by its part `$mark`.
# With the item, the state is `$held`.
in_policy() {
    file=$2
    if ! read_policy "$file"; then
        report "$1" failed false "$file is not as this script writes it: run the program labtrust there"
        return
    fi
    text=$(printf '%s\n' "$items" | item=$item mark=$mark awk '
        index($0, ENVIRON["mark"]) { if (!seen) print ENVIRON["item"]; seen = 1; next }
        /./ { print }
        END { if (!seen) print ENVIRON["item"] }
    ')
    if [ "$text" = "$items" ]; then
        report "$1" "$held" false "$file"
    elif is_locked "${file%/*}"; then
        report "$1" failed false "needs root"
    elif [ "$dry_run" = true ]; then
        report "$1" untrusted false "$file does not name the CA"
        differs "$file"
    elif text=$(printf '%s\n' "$text" | "${policy}_text") && put "$file"; then
        report "$1" trusted true "$file"
        differs "$file"
    else
        report "$1" failed false "$why"
    fi
    text=
}

# (remove) The same, out of the policy file.
out_of_policy() {
    file=$2
    [ "$dry_run" = true ] || rm -f "$file.labtrust-part"
    if ! read_policy "$file"; then
        if grep -Fq -e "$mark" "$file" 2>/dev/null; then
            report "$1" failed false "$file names the CA, and is not as this script writes it: run the program labtrust there"
            return
        fi
        # Somebody else made it anew since: it is no longer this script's.
        [ "$dry_run" = true ] || leave_to_others "$file"
        report "$1" untrusted false "$file does not name the CA"
        return
    fi
    text=$(printf '%s\n' "$items" | grep -Fv -e "$mark")
    # A file of ours without items, as the program leaves it, goes too.
    if [ "$text" = "$items" ] && { [ -n "$items" ] || [ "$dry_run" = true ] || ! has_record "put $file"; }; then
        report "$1" untrusted false "$file does not name the CA"
    elif is_locked "${file%/*}"; then
        report "$1" failed false "needs root"
    elif [ "$dry_run" = true ]; then
        report "$1" trusted false "$file names the CA"
        differs "$file"
    elif
        if [ -n "$text" ]; then
            text=$(printf '%s\n' "$text" | "${policy}_text") && put "$file"
        else
            take_back "$file"
        fi
    then
        report "$1" untrusted true "$file no longer names the CA"
        differs "$file"
    else
        report "$1" failed false "$why"
    fi
    text=
}

# Whether the current certificate limits the names that it can sign (the extension nameConstraints, RFC 5280, 4.2.1.10).
limits_names() { body | decoded | od -An -v -tx1 | tr -d ' \n' | grep -q 0603551d1e; }

# The item of Chromium's policy for the current certificate.
chromium_item() {
    if limits_names; then printf '"CACertificates":|"%s"~' "$(body)"; else limited_item; fi
}

# (wide) The same for a CA that can sign for every server: it is limited to the known ones. A list with a name or a network that no
# server has permits none of its kind.
limited_item() {
    names='' networks=''
    "registries_$n" permits
    [ -n "$names$networks" ] || return 0
    # shellcheck disable=SC2086
    printf '"CACertificatesWithConstraints":|{~  "certificate": "%s",~  "constraints": {~    "permitted_cidrs": [~%s    ],~    "permitted_dns_names": [~%s    ]~  }~}~' \
        "$(body)" "$(listed ${networks:-192.0.2.0/32})" "$(listed ${names:-invalid})"
}

# (wide) registries calls this for each registry: its host is added to the names or the networks that the policy permits.
permits() {
    host=${1%:*}
    case $host in
        \[*\]) host=${host#[} host=${host%]}/128 ;;
        *[!0-9.]*) names="$names $host"; return ;;
        *) host=$host/32 ;;
    esac
    networks="$networks $host"
}

# (wide) The words as a list of JSON strings, sorted, each once.
listed() { printf '%s\n' "$@" | sort -u | sed 's/.*/      "&"/; $!s/$/,/' | tr '\n' '~'; }

# naming KEY TEXT FILE…: the first of the policy files that has the key and the text, and is not this script's.
naming() {
    key=$1 part=$2
    shift 2
    for one in "$@"; do
        [ "$one" != "$managed/labtrust.json" ] || continue
        if grep -q "$key" "$one" 2>/dev/null && grep -Fq -e "$part" "$one"; then
            echo "$one"
            return
        fi
    done
}

# (user) Whether a policy makes the browser ignore the user's own CAs. It does not matter where another one names the CA.
find_mask() {
    grep -Fq -e "$mark" "$managed"/*.json 2>/dev/null && return
    one=$(naming '"CAPlatformIntegrationEnabled"[[:space:]]*:[[:space:]]*false' '' "$managed"/*.json "${managed%/*}"/recommended/*.json)
    [ -z "$one" ] || eval "masked_$n='CAPlatformIntegrationEnabled makes the browser ignore your own CAs: '\$one"
}

# chromium calls this for each browser: FOLDER PROGRAM….
in_chromium() {
    managed=$1
    here=false
    shift
    for program in "$@"; do [ ! -x "$program" ] || here=true; done
    # What was done for a browser that is gone is taken back too.
    [ "$action" != remove ] || [ ! -e "$managed/labtrust.json" ] || here=true
    [ "$here" = true ] || return 0
    found=true
    policy=chromium
    for n in $anchors; do
        choose "$n"
        mark="\"$(body)\"" held=trusted
        if [ "$action" = remove ]; then
            other=$(naming '"CACertificates' "$mark" "$managed"/*.json)
            if [ -n "$other" ]; then
                report chromium-policy failed false "$other names the CA, and is not this script's: run the program labtrust there"
            else
                out_of_policy chromium-policy "$managed/labtrust.json"
            fi
            continue
        fi
        is_root || find_mask
        # Of several files with one of these keys, the browser uses one alone.
        other=$(naming '"CACertificates' '' "$managed"/*.json)
        distrust=$(naming '"CADistrustedCertificates"' "$mark" "$managed"/*.json "${managed%/*}"/recommended/*.json)
        if [ -n "$distrust" ]; then
            distrust="CADistrustedCertificates distrusts the CA: $distrust"
            report chromium-policy failed false "$distrust"
            eval "masked_$n=\$distrust"
        elif [ -n "$other" ]; then
            report chromium-policy failed false "$other sets this policy: run the program labtrust there"
        else
            item=$(chromium_item)
            eval "refused=\${refused_$n:-}"
            if [ -n "$refused" ]; then
                report chromium-policy failed false "$refused"
            elif [ -n "$item" ]; then
                in_policy chromium-policy "$managed/labtrust.json"
            else
                report chromium-policy failed false "the policy limits this CA to known servers, and none is known: render it again with --for HOST:PORT"
            fi
        fi
    done
}

store_chromium() {
    found=false
    chromium
    [ "$found" = true ] || skip chromium-policy 'none of these browsers is installed for every user'
}

# firefox calls this for each program: LIBRARY POLICIES SETTINGS FOLDER…. Only one policies.json is in force: a new one in /etc
# would replace those of the program's folders as a whole.
in_firefox() {
    library=$1 below=$2 settings=$3
    own=false places=
    shift 3
    for place in "$@"; do
        [ -e "$place/$library" ] || continue
        places="$places $place/$below"
        [ -e "$settings" ] || [ ! -e "$place/$below" ] || own=true
    done
    [ -z "$places" ] || [ "$own" = true ] || places=$settings
    # What was done for a program that is gone, or before another file came into force, is taken back too.
    if [ "$action" = remove ]; then
        for place in "$@" ''; do
            place=${place:+$place/$below}
            place=${place:-$settings}
            case " $places " in *" $place "*) continue ;; esac
            ! grep -q '"labtrust-' "$place" 2>/dev/null || places="$places $place"
        done
    fi
    [ -n "$places" ] || return 0
    found=true
    policy=firefox
    for place in $places; do
        for n in $anchors; do
            choose "$n"
            mark="\"$name\": "
            if [ "$action" = remove ]; then
                out_of_policy firefox-policy "$place"
                continue
            fi
            item="$mark\"$module\"" held=trusted
            system_trusts || held=untrusted
            if [ -z "$module" ]; then
                report firefox-policy failed false "p11-kit's module is missing, with which Firefox follows the system store: install it (Debian: p11-kit-modules)"
            elif [ "$held" = untrusted ] && [ "$dry_run" = false ]; then
                report firefox-policy failed false "Firefox would follow the system store, which does not hold the certificate"
            # Somebody else may load the module under another name.
            elif read_policy "$place" && printf '%s\n' "$items" | grep -v '^"labtrust-' | grep -Fq -e ": \"$module\""; then
                report firefox-policy "$held" false "$place"
            else
                in_policy firefox-policy "$place"
            fi
        done
    done
}

store_firefox() {
    for id in $(release ID) $(release ID_LIKE); do
        case " $linked " in *" $id "*) skip firefox-policy 'Firefox reads the system store'; return ;; esac
    done
    if [ -z "$bundle" ]; then
        skip firefox-policy 'Firefox would follow the system store, and no store of a known kind was found'
        return
    fi
    found=false
    for module in $modules ''; do [ ! -e "$module" ] || break; done
    firefox
    [ "$found" = true ] || skip firefox-policy 'neither Firefox nor Thunderbird is installed for every user'
}

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
