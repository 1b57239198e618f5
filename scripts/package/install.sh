#!/bin/sh
# Installs labtrust: as root to /usr/local/bin, otherwise to ~/.local/bin. The options: sh install.sh --help
#
# All code is in functions, and the last line calls them: a part of this script, as an interrupted download leaves it,
# does nothing. The SHA-256 of each archive is in this script. Nothing is installed before the archive was checked and
# the program was run once in the folder where it will be. A record of the installed files is what --uninstall goes by.

# This version. scripts/release fills these three in.
release() {
    version='@VERSION@'
    origin='@SOURCE@'
    sums='
@SUMS@
'
}

usage() {
    printf '%s\n' "Installs labtrust $version: as root to /usr/local/bin, otherwise to ~/.local/bin." '' \
        'usage: sh install.sh [--to DIR] [--from URL|DIR] [--replace]' \
        '       sh install.sh --uninstall [--to DIR] [--keep-changes]' '' \
        '  --to DIR        install the program in DIR; if DIR ends in /bin, also its manual pages and' \
        '                  completions in the share folder beside it (environment: LABTRUST_INSTALL_TO)' \
        '  --from URL|DIR  take the archive from there (environment: LABTRUST_INSTALL_FROM);' \
        '                  otherwise it is taken from the folder of this script, or downloaded' \
        '  --replace       replace files that this script did not install' \
        '  --uninstall     remove the files that this script installed, and no others' \
        '  --keep-changes  uninstall although labtrust has changes on this machine to undo'
}

# The word $1 as a shell reads it back: in a command that is printed to be pasted.
quoted() {
    case $1 in
    '' | *[!A-Za-z0-9_./:@%+,=-]*) ;;
    *) printf %s "$1" && return ;;
    esac
    rest=$1 quoted=''
    while [ "$rest" != "${rest#*"$apostrophe"}" ]; do
        quoted=$quoted${rest%%"$apostrophe"*}$apostrophe\\$apostrophe$apostrophe
        rest=${rest#*"$apostrophe"}
    done
    printf %s "$apostrophe$quoted$rest$apostrophe"
}

# Ends with the error $1 and the hint $2. The exit code is $3, or 1.
fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit "${3:-1}"
}

read_options() {
    action=install from='' to=${LABTRUST_INSTALL_TO-} replace='' keep_changes=''
    while [ $# -gt 0 ]; do
        case $1 in
        --to | --from) [ -n "${2-}" ] || fail "$1 needs a value" "list the options: $again --help" 2 ;;
        esac
        case $1 in
        --to) to=$2 && shift ;;
        --to=?*) to=${1#*=} ;;
        --from) from=$2 && shift ;;
        --from=?*) from=${1#*=} ;;
        --replace) replace=yes ;;
        --uninstall) action=uninstall ;;
        --keep-changes) keep_changes=yes ;;
        -h | --help) action=usage ;;
        *) fail "$1 is not an option of install.sh" "list the options: $again --help" 2 ;;
        esac
        shift
    done
    # The options with a value, for the same again.
    given=''
    [ -z "$to" ] || given="$given --to $(quoted "$to")"
    [ -z "$from" ] || given="$given --from $(quoted "$from")"
}

# Sets target to the name that the releases have for this machine.
find_target() {
    system=$(uname -s) && machine=$(uname -m)
    # Under Rosetta, uname reports the machine that Rosetta imitates.
    if [ "$system" = Darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then machine=arm64; fi
    case $machine in
    x86_64 | amd64) processor=x86_64 ;;
    aarch64 | arm64) processor=aarch64 ;;
    *) processor=$machine ;;
    esac
    case $system in
    Linux) target=$processor-unknown-linux-musl ;;
    Darwin) target=$processor-apple-darwin ;;
    MINGW* | MSYS* | CYGWIN* | Windows*)
        fail "this script does not install on Windows ($system)" 'in WSL, run it inside the Linux distribution' ;;
    *) target=$processor-$system ;;
    esac
    archive=labtrust-$version-$target.tar.gz
    expected=${sums%"  $archive$newline"*}
    [ "$expected" != "$sums" ] || fail "labtrust $version is not built for $system on $machine" \
        'build it from the source, with Rust: cargo install --path . --root /usr/local'
    expected=${expected##*"$newline"}
}

# Sets bin, the folder of the program; share, the folder of its manual pages and completions, which may be empty; and
# record, the file that lists what is installed.
find_place() {
    if [ -n "$to" ]; then
        bin=$to
    elif [ "$(id -u)" -eq 0 ]; then
        bin=/usr/local/bin
    else
        [ -n "${HOME-}" ] || fail 'HOME is not set' "choose a folder: $again --to DIR"
        bin=$HOME/.local/bin
    fi
    case $bin in
    *"$newline"*) fail 'the name of the folder has a line break' "choose another folder: $again --to DIR" ;;
    /*) ;;
    *) bin=$(pwd)/$bin ;;
    esac
    while [ "$bin" != "${bin%/}" ]; do bin=${bin%/}; done
    share='' record=$bin/.labtrust-installed
    case $bin in
    ?*/bin) share=${bin%/bin}/share record=${bin%/bin}/share/labtrust/installed ;;
    esac
}

# Sets summer to a program that computes SHA-256: it knows the sum of nothing.
find_summer() {
    for candidate in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r' 'busybox sha256sum'; do
        summer=$candidate # In yash, the variable of a loop is gone after it.
        sum_of /dev/null
        [ "$sum" != e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ] || return 0
    done
    fail 'no program on this machine computes SHA-256, so the archive cannot be checked' \
        'install one of them: sha256sum (coreutils), shasum (perl), openssl, busybox'
}

# Sets sum to the SHA-256 of the file $1; empty: it cannot be read.
sum_of() {
    # shellcheck disable=SC2086
    sum=$($summer 2>/dev/null <"$1") || sum=
    sum=${sum%% *}
}

# Runs a command. If it fails, said is the last part of its message.
try() {
    said=$("$@" 2>&1) && return
    said=${said##*"$newline"} && said=${said##*: }
    return 1
}

# Creates the folder $1 and those above it, and remembers them in made.
make_folder() {
    [ ! -d "$1" ] || return 0
    case $1 in
    */*) make_folder "${1%/*}" || return 1 ;;
    *) return 0 ;;
    esac
    try mkdir "$1" || return 1
    made=$1$newline$made
    [ -z "$work" ] || note "$1" made
}

# Takes the lock of the folder bin, which is the folder to work in.
begin() {
    make_folder "$bin" || fail "cannot create the folder $bin: $said" "$elsewhere"
    if [ -r "$bin/.labtrust-install/pid" ]; then
        read -r pid <"$bin/.labtrust-install/pid" || pid=
        if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null && [ ! -d "/proc/$pid" ]; then
            # The run that left it was killed.
            remove_parts "$bin/.labtrust-install/parts"
            [ ! -e "$bin/.labtrust-install/made" ] || made=$(sort -ru "$bin/.labtrust-install/made")$newline$made
            rm -rf "$bin/.labtrust-install"
        fi
    fi
    if ! try mkdir -m 700 "$bin/.labtrust-install"; then
        [ -d "$bin/.labtrust-install" ] || fail "cannot write to $bin: $said" "$elsewhere"
        fail "another install.sh is at work in $bin" \
            "if none is, remove what it left: ${sudo}rm -r $(quoted "$bin/.labtrust-install")"
    fi
    work=$bin/.labtrust-install
    note $$ pid
    note "$made" made
    try touch "$work/old" "$work/parts" || fail "cannot write to $bin: $said" "$elsewhere"
    [ ! -e "$record" ] || try cp "$record" "$work/old" || fail "cannot read $record: $said" 'run this as its owner'
}

# Removes the work folder, and every new folder that is still empty.
clean() {
    if [ -n "$work" ]; then
        remove_parts "$work/parts"
        rm -rf "$work"
    fi
    remove_empty "$made"
}

remove_parts() {
    [ -e "$1" ] || return 0
    while IFS= read -r part; do rm -f "$part"; done <"$1"
}

# Removes each folder of the list $1 that is empty.
remove_empty() {
    IFS=$newline
    for folder in $1; do rmdir "$folder" 2>/dev/null || :; done
    IFS=$blank
}

# Puts the archive of this machine into the work folder, and checks its sum.
get_archive() {
    place=${from:-$origin}
    if [ -z "$from" ]; then
        if [ -n "$beside" ] && [ -f "$beside/$archive" ]; then
            place=$beside
        elif [ -n "${LABTRUST_INSTALL_FROM-}" ]; then
            place=$LABTRUST_INSTALL_FROM
        fi
    fi
    case $place in
    '') fail "$archive is not in the folder of this script" \
        "copy it there, or name its folder: $again --from DIR" ;;
    https://*) download "${place%/}/$archive" ;;
    *://*) fail "$place is not an https URL" "use https, or download $archive to a folder: $again --from DIR" ;;
    *)
        [ -f "$place/$archive" ] || fail "$archive is not in $place" "copy it there, or name another folder: --from DIR"
        try cp "$place/$archive" "$work/archive" || fail "cannot copy $place/$archive to $bin: $said" "$elsewhere"
        ;;
    esac
    sum_of "$work/archive"
    [ "$sum" = "$expected" ] || fail "$archive from $place is not the released file: its SHA-256 is $sum, not $expected" \
        'download it again, and this script with it'
}

download() {
    printf '%s\n' "downloading $1"
    if command -v curl >/dev/null 2>&1; then
        try curl --proto '=https' --tlsv1.2 -sSfL -o "$work/archive" "$1" && return
    elif command -v wget >/dev/null 2>&1; then
        try wget -q -O "$work/archive" "$1" && return
    else
        said='neither curl nor wget is installed'
    fi
    fail "cannot download $1: ${said:-wget gives no reason}" \
        "download $archive in another way and put it beside this script, or: $again --from DIR"
}

# Unpacks the archive, and lists what to install: mode, file in the archive, destination.
unpack() {
    top=labtrust-$version-$target
    { tar -tzf "$work/archive" >"$work/names"; } 2>/dev/null ||
        fail "cannot read $archive" 'are tar and gzip installed? Is there room on the disk?'
    while IFS= read -r name; do
        case $name in
        /* | */../* | */.. | *[!A-Za-z0-9._/-]*) odd=$name ;;
        "$top"/*) odd= ;;
        *) odd=$name ;;
        esac
        [ -z "$odd" ] || fail "$archive has an unexpected file: $odd" 'download it again, and this script with it'
        plan "$name" "${name##*/}"
    done <"$work/names"
    try tar -xzof "$work/archive" -C "$work" || fail "cannot unpack $archive in $bin: $said" "$elsewhere"
    note "755 $top/labtrust $bin/labtrust" plan
}

# Adds the file $1 of the archive, whose last part is $2, to the list if it is a manual page or a completion.
plan() {
    [ -n "$share" ] || return 0
    case $1 in
    "$top"/man/*.1) note "644 $1 $share/man/man1/$2" plan ;;
    "$top"/completions/labtrust.bash) note "644 $1 $share/bash-completion/completions/labtrust" plan ;;
    "$top"/completions/_labtrust) note "644 $1 $share/zsh/site-functions/_labtrust" plan ;;
    "$top"/completions/labtrust.fish) note "644 $1 $share/fish/vendor_completions.d/labtrust.fish" plan ;;
    esac
}

# Sets mode, name and destination from a line of the plan.
split_plan() {
    mode=${1%% *} name=${1#* }
    destination=${name#* } name=$work/${name%% *}
}

# Fails if the file destination is not ours to replace.
check_destination() {
    [ ! -d "$destination" ] || fail "$destination is a folder" "move it away, or choose another folder: --to DIR"
    { [ -e "$destination" ] || [ -L "$destination" ]; } && [ -z "$replace" ] || return 0
    sum_of "$name"
    new=$sum
    sum_of "$destination"
    [ "$sum" != "$new" ] && ! grep -qxF "file $sum $destination" "$work/old" || return 0
    fail "$destination is there, and this script did not install it" "replace it: $again --replace$given"
}

# Copies the file $2 with the mode $1 beside its destination $3, on the same disk: to put it in place is then a rename.
stage() {
    part=${3%/*}/.labtrust-new-${3##*/}
    make_folder "${3%/*}" || fail "cannot create the folder ${3%/*}: $said" "$elsewhere"
    note "$part" parts
    { try rm -f "$part" && try cp "$2" "$part" && try chmod "$1" "$part"; } ||
        fail "cannot write to ${3%/*}: $said" "$elsewhere"
}

# Puts the file that was staged for $1 in the place of $2.
put() {
    try mv -f "${1%/*}/.labtrust-new-${1##*/}" "$2" || fail "cannot replace $2: $said" 'run this again'
}

# Adds the line $1 to the list $2 in the work folder.
note() {
    { printf '%s\n' "$1" >>"$work/$2"; } 2>/dev/null || fail "cannot write to $bin: is the disk full?" "$elsewhere"
}

# Stages each file, and runs the program in the folder where it will be.
stage_all() {
    while IFS= read -r line; do
        split_plan "$line"
        { [ -f "$name" ] && [ ! -L "$name" ]; } || fail "$archive has no file ${name#"$work/"}" 'download it again'
        check_destination
        stage "$mode" "$name" "$destination"
        note "$destination" destinations
    done <"$work/plan"
    program=$("$bin/.labtrust-new-labtrust" --version 2>&1) || {
        code=$?
        fail "labtrust does not run in $bin: ${program##*: } (exit code $code)" \
            "if its disk is mounted noexec, choose another folder: $again --to DIR"
    }
    case $program in
    "labtrust $version" | "labtrust $version "*) ;;
    *) fail "the program in $archive is not labtrust $version" 'download it again, and this script with it' ;;
    esac
}

# Stages the record: the files to install, and the folders that were created; as .before, also the files of earlier runs.
write_record() {
    make_folder "${record%/*}" || fail "cannot create the folder ${record%/*}: $said" "$elsewhere"
    rm -f "$work/record"
    note "labtrust $version $target" record
    note "archive $expected" record
    list_folders
    IFS=$newline
    for folder in $folders; do note "folder $folder" record; done
    IFS=$blank
    while IFS= read -r line; do
        split_plan "$line"
        sum_of "$name"
        note "file $sum $destination" record
    done <"$work/plan"
    if [ -n "$1" ]; then
        while IFS= read -r line; do
            case $line in file\ *) note "$line" record ;; esac
        done <"$work/old"
    fi
    stage 644 "$work/record" "$record$1"
}

# Sets folders to those that this run and earlier ones created, the inner before the outer.
list_folders() {
    folders=$({ printf %s "$made" && sed -n 's/^folder //p' "$work/old"; } | sort -ru)
}

install_program() {
    find_target
    begin
    if is_installed; then
        printf '%s\n' "labtrust $version is already installed: $bin/labtrust"
        say_next
        return
    fi
    get_archive
    unpack
    stage_all
    write_record .before
    write_record ''
    put "$record.before" "$record"
    while IFS= read -r line; do
        split_plan "$line"
        put "$destination" "$destination"
    done <"$work/plan"
    # Files of an earlier version that this one no longer has.
    while IFS= read -r line; do
        grep -qxF "${line#file * }" "$work/destinations" || remove_file "$line"
    done <"$work/old"
    put "$record" "$record"
    printf '%s\n' "$program is installed: $bin/labtrust"
    say_next
}

# Whether the record has this very archive, and each file is as it was installed.
is_installed() {
    grep -qxF "archive $expected" "$work/old" || return 1
    while IFS= read -r line; do
        case $line in file\ *) ;; *) continue ;; esac
        path=${line#file * }
        sum_of "$path"
        [ "$line" = "file $sum $path" ] || return 1
    done <"$work/old"
}

# Removes the file of a record's line $1, unless somebody changed it.
remove_file() {
    case $1 in file\ *) ;; *) return 0 ;; esac
    path=${1#file * }
    { [ -e "$path" ] || [ -L "$path" ]; } || return 0
    sum_of "$path"
    if [ "$1" != "file $sum $path" ]; then
        printf '%s\n' "left, because it is not as it was installed: $path"
    else
        try rm -f "$path" || fail "cannot remove $path: $said" 'run this as the user who installed it'
    fi
}

say_next() {
    found='' here='' program=$(quoted "$bin/labtrust")
    real=$(cd -P "$bin" && pwd -P)
    IFS=:
    for folder in $PATH; do
        folder=${folder:-.}
        if [ "$folder" = "$bin" ] || [ "$(cd -P "$folder" 2>/dev/null && pwd -P)" = "$real" ]; then
            here=yes
            break
        fi
        [ -n "$found" ] || [ ! -f "$folder/labtrust" ] || [ ! -x "$folder/labtrust" ] || found=$folder/labtrust
    done
    IFS=$blank
    [ -z "$found" ] ||
        printf '%s\n' "Another labtrust comes first in PATH: $found. Remove it, or run $program."
    # Under sudo, PATH is not that of the person who called it.
    if [ -z "$here$sudo" ]; then
        printf '%s\n' "$bin is not in PATH. For this shell, and in its profile for later ones:" \
            "  export PATH=$(quoted "$bin"):\"\$PATH\""
    fi
    # sudo searches folders of its own (secure_path), often without this one: a full path works everywhere.
    setup=$program trust=$program
    if [ "$(id -u)" -ne 0 ]; then
        setup="sudo $program"
        [ -z "$here" ] || [ -n "$found" ] || trust=labtrust
    elif [ -n "$sudo" ]; then
        setup=$sudo$program trust=$sudo$program
    elif [ -n "$here" ] && [ -z "$found" ]; then
        setup=labtrust trust=labtrust
    fi
    printf '%s\n' 'Next, on the GitLab server:' "  $setup setup HOST" 'Next, on a client, the line that setup printed:' \
        "  $trust trust HOST:PORT --fingerprint SHA256"
}

# Fails if the program has changes on this machine to undo: without the program, nothing undoes them.
check_changes() {
    [ -x "$bin/labtrust" ] && [ -z "$keep_changes" ] || return 0
    for undo in 'untrust --all' 'setup --undo' 'doctor --undo'; do
        command="$sudo$(quoted "$bin/labtrust") $undo" keep="(or keep them: $again --uninstall --keep-changes$given)"
        code=0
        # shellcheck disable=SC2086
        "$bin/labtrust" $undo --dry-run </dev/null >/dev/null 2>&1 || code=$?
        case $code in
        0) ;;
        1) fail "labtrust still has changes on this machine" "undo them first: $command $keep" ;;
        *) fail "labtrust cannot tell whether it has changes on this machine (exit code $code)" \
            "see why: $command --dry-run $keep" ;;
        esac
    done
}

uninstall_program() {
    [ ! -e "$record" ] || check_changes
    { [ ! -e "$record" ] && [ ! -d "$bin" ]; } || begin
    [ -e "$record" ] || fail "this script has not installed labtrust in $bin" \
        "if it is elsewhere, name that folder: $again --uninstall --to DIR"
    while IFS= read -r line; do
        remove_file "$line"
    done <"$work/old"
    try rm -f "$record" || fail "cannot remove $record: $said" 'run this as the user who installed it'
    list_folders
    made=$folders
    printf '%s\n' "labtrust is removed from $bin"
}

main() {
    set -eu
    set -f
    umask 022
    newline='
'
    blank=" 	$newline"
    IFS=$blank CDPATH='' TAR_OPTIONS='' LC_ALL=C
    export LC_ALL TAR_OPTIONS
    apostrophe="'"
    work='' made='' said='' sudo=''
    [ "$(id -u)" -ne 0 ] || [ -z "${SUDO_COMMAND-}" ] || sudo='sudo '
    release
    case $0 in
    */*.sh) beside=${0%/*} again="${sudo}sh $(quoted "$0")" ;;
    *.sh) beside=. again="${sudo}sh $(quoted "$0")" ;;
    *) beside='' again="curl -sSfL ${origin:-URL}/install.sh | ${sudo}sh -s --" ;;
    esac
    elsewhere="choose another folder: $again --to DIR"
    read_options ${1+"$@"}
    [ "$action" != usage ] || { usage && return; }
    case $version in
    @*) fail 'this is the template of install.sh' 'make the script of a release: scripts/release' ;;
    esac
    find_place
    find_summer
    trap clean EXIT
    trap 'exit 1' HUP INT TERM
    "${action}_program"
}

# In braces: a last line that is cut off has no closing brace, and does nothing either.
{ main ${1+"$@"}; }
