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
