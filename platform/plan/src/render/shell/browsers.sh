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
