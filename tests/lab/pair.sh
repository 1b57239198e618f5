# Makes a root and a leaf with OpenSSL and writes root, leaf and the leaf's key, separated by `%`.
# Arguments: the leaf's subjectAltName, the leaf's first and last day, as date(1) reads them, and the
# root's name constraints, or nothing.
set -eu
names=$1 constraints=${4:+"-addext nameConstraints=$4"} from=$(date -u -d "$2" +%Y%m%d%H%M%SZ) to=$(date -u -d "$3" +%Y%m%d%H%M%SZ)
common_name=${names%%,*} common_name=${common_name#DNS:}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
cat >ca.cnf <<CONFIG
[ca]
default_ca = lab
[lab]
database = index.txt
new_certs_dir = .
copy_extensions = copy
rand_serial = yes
policy = any
[any]
commonName = optional
CONFIG
: >index.txt
exec 3>&1 1>&2 </dev/null # what OpenSSL chats about is for whoever looks into a failure
# shellcheck disable=SC2086 # several words
openssl req -x509 $key -keyout root.key -out root.crt -days 3650 \
    -subj "/CN=Foreign root $(openssl rand -hex 4)" -addext keyUsage=critical,keyCertSign,cRLSign $constraints
# shellcheck disable=SC2086
openssl req $key -keyout leaf.key -out leaf.csr -subj "/CN=$common_name" \
    -addext "subjectAltName=$names" -addext extendedKeyUsage=serverAuth
openssl ca -batch -notext -config ca.cnf -cert root.crt -keyfile root.key -md sha256 \
    -startdate "$from" -enddate "$to" -in leaf.csr -out leaf.crt
{
    cat root.crt
    echo %
    cat leaf.crt
    echo %
    cat leaf.key
} >&3
