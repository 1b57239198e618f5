# Writes the CAs into the node's folder of registries, which containerd reads at each pull. Rendered by labtrust.
set -eu
umask 022
certs_d=${CERTS_D:-/node/certs.d}
certificates=${CERTIFICATES:-/labtrust}
# The files that this script wrote, so that it removes them when they are no longer rendered.
record=$certs_d/.labtrust
kept=
code=0
# The files that are removed; if there are none, all that are no longer rendered.
only=@ONLY@

fail() {
    printf 'labtrust: %s\n' "$1" >&2
    code=3
}

# Whether the hosts.toml $1 names the file $2 at its top and in each block of the registry, which is written as $3 or $4.
is_named() {
    awk -v name="$2" -v one="\"https://$3\"]" -v other="\"https://$4\"]" '
        { sub(/^[ \t]+/, "") }
        /^#/ { next }
        /^\[/ { section = $0; inside = index($0, one) || index($0, other); blocks += inside; next }
        index($0, name) && section == "" { top = 1 }
        index($0, name) && inside && !(section in seen) { seen[section]; named++ }
        END { exit !(top && named + 0 == blocks + 0) }
    ' "$1"
}

# registry FOLDER FIRST ENDPOINT CERTIFICATE: containerd reads the folder FIRST instead, if that exists.
registry() {
    place=$1
    if [ -n "$2" ] && [ -d "$certs_d/$2" ]; then place=$2; fi
    file=$certs_d/$place/$4
    if ! cmp -s "$certificates/$4" "$file"; then
        is_recorded "$place/$4" || printf '%s\n' "$place/$4" >>"$record"
        mkdir -p "$certs_d/$place"
        cp "$certificates/$4" "$file.part"
        chmod 644 "$file.part"
        mv -f "$file.part" "$file"
        printf 'labtrust: written: %s\n' "$place/$4"
    fi
    # What somebody else wrote is not recorded, and stays.
    if is_recorded "$place/$4"; then keep "$place/$4"; fi
    hosts=$certs_d/$place/hosts.toml
    if [ -s "$hosts" ] && ! is_named "$hosts" "$4" "$3" "$1"; then
        fail "$place/hosts.toml hides $4: add it to the list 'ca' at the top and in the block of https://$1"
    fi
}

is_recorded() { [ -f "$record" ] && grep -Fxq -e "$1" "$record"; }

keep() { kept="$kept$1
"; }

remove() {
    case "
$kept" in *"
$1
"*) return ;; esac
    case " $only " in
        '  ' | *" ${1##*/} "*) ;;
        *) keep "$1"; return ;;
    esac
    if grep -Fqs -e "${1##*/}" "$certs_d/${1%/*}/hosts.toml"; then
        fail "${1%/*}/hosts.toml still names ${1##*/}: remove it from the lists 'ca' there"
        keep "$1"
        return
    fi
    rm -f "$certs_d/$1"
    rmdir "$certs_d/${1%/*}" 2>/dev/null || :
    printf 'labtrust: removed: %s\n' "$1"
}

@REGISTRIES@

if [ -f "$record" ]; then
    while IFS= read -r old; do remove "$old"; done <"$record"
fi
if [ -n "$kept" ]; then
    printf '%s' "$kept" >"$record.part"
    mv -f "$record.part" "$record"
else
    rm -f "$record"
fi
exit "$code"
