# --- Chromium and its kin: a managed policy names the CAs for every user ------------------------------------------------

# Whether the current certificate limits the names that it can sign (the extension nameConstraints, RFC 5280, 4.2.1.10).
limits_names() { body | decoded | od -An -v -tx1 | tr -d ' \n' | grep -q 0603551d1e; }

# registries calls this for each registry: its host is added to the names or the networks that the policy permits.
permits() {
    host=${1%:*}
    case $host in
        \[*\]) host=${host#[} host=${host%]}/128 ;;
        *[!0-9.]*) names="$names $host"; return ;;
        *) host=$host/32 ;;
    esac
    networks="$networks $host"
}

# The words as a list of JSON strings, sorted, each once, 8 columns in.
listed() { printf '%s\n' "$@" | sort -u | sed 's/.*/          "&"/; $!s/$/,/'; }

# The item of the policy for the current certificate. A CA that can sign for every server is limited to the known ones: a list
# with a name or a network that no server has permits none of its kind.
item() {
    if limits_names; then
        printf '    "%s"' "$(body)"
        return
    fi
    names='' networks=''
    "registries_$n" permits
    # shellcheck disable=SC2086
    printf '    {\n      "certificate": "%s",\n      "constraints": {\n        "permitted_cidrs": [\n%s\n        ],\n        "permitted_dns_names": [\n%s\n        ]\n      }\n    }' \
        "$(body)" "$(listed ${networks:-192.0.2.0/32})" "$(listed ${names:-invalid})"
}

# The key $1 with the items of the certificates that limit their names (yes), or do not (no): as one member of the policy.
member() {
    items=
    for n in $anchors; do
        choose "$n"
        if limits_names; then limits=yes; else limits=no; fi
        [ "$limits" = "$2" ] || continue
        items=${items:+$items,
}$(item)
    done
    [ -n "$items" ] && printf '  "%s": [\n%s\n  ]' "$1" "$items"
}

# The policy file for all certificates.
policy() {
    plain=$(member CACertificates yes)
    limited=$(member CACertificatesWithConstraints no)
    printf '{\n%s%s%s\n}\n' "$plain" "${limited:+${plain:+,
}}" "$limited"
}

# browsers calls this for each browser: FOLDER PROGRAM…. One that is here is served once.
in_policy() {
    here=false
    managed=$1
    shift
    for program in "$@"; do [ ! -x "$program" ] || here=true; done
    [ "$here" = true ] || return 0
    found=true
    file=$managed/labtrust.json
    other=
    for one in "$managed"/*.json; do
        [ "$one" = "$file" ] || ! grep -q '"CACertificates' "$one" 2>/dev/null || other=$one
    done
    result=failed did=false
    if [ "$action" = remove ]; then
        if [ -f "$file" ] && is_as_wanted "$file"; then
            result=trusted said="$file names the CA"
            differs "$file"
            if is_locked "$managed"; then
                result=failed said="needs root"
            elif [ "$dry_run" = false ] && take_back "$file"; then
                result=untrusted did=true said="no policy in $managed names the CA"
            elif [ "$dry_run" = false ]; then
                result=failed said=$why
            fi
        elif grep -Fq "$(for n in $anchors; do body; echo; done)" "$managed"/*.json 2>/dev/null; then
            said="a file in $managed that is not this script's names the CA: run the program labtrust there"
        else
            result=untrusted said="no policy in $managed names the CA"
        fi
    elif [ -n "$other" ]; then
        said="$other sets this policy: run the program labtrust there"
    elif is_as_wanted "$file"; then
        result=trusted said="$file"
    elif [ -e "$file" ] && ! has_record "put $file"; then
        said="$file is not as this script writes it: run the program labtrust there"
    elif is_locked "$managed"; then
        said="needs root"
    elif [ "$dry_run" = true ]; then
        result=untrusted said="$file does not name the CA"
        differs "$file"
    elif put "$file"; then
        result=trusted did=true said="$file"
        differs "$file"
    else
        said=$why
    fi
    for n in $anchors; do choose "$n"; report chromium-policy "$result" "$did" "$said"; done
}

store_chromium() {
    found=false writes=policy
    browsers
    [ "$found" = true ] || skip chromium-policy 'none of these browsers is installed for every user'
    writes=certificate
}
