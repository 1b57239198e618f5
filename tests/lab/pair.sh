# Makes a root, intermediates and a leaf with OpenSSL and writes the leaf's key, the leaf, and whoever signed it up to
# the root, separated by `%`. The environment says how: NAMES (subjectAltName) and COMMON_NAME, FROM and TO (days
# from now), KEY (`ec` or `rsa:BITS`), DIGEST, EXTENSIONS (of the leaf, a line each), ROOT (its common name),
# AUTHORITY (its basic constraints), CONSTRAINTS and ROOT_EXTENSIONS (of the root), INTERMEDIATES (how many).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
exec 3>&1 1>&2 </dev/null # what OpenSSL chats about is for whoever looks into a failure
day() { date -u -d "now $1 days" +%Y%m%d%H%M%SZ; }
cat >ca.cnf <<CONFIG
[ca]
default_ca = lab
[lab]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = optional
[req]
distinguished_name = empty
[empty]
[root]
basicConstraints = $AUTHORITY
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
${CONSTRAINTS:+nameConstraints = $CONSTRAINTS}
$ROOT_EXTENSIONS
[intermediate]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
${NAMES:+subjectAltName = $NAMES}
$EXTENSIONS
CONFIG
: >index.txt
request() { # NAME KEY COMMON_NAME
    case $2 in
        ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
        rsa:*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa:}" -out "$1.key" ;;
    esac
    openssl req -new -config ca.cnf -key "$1.key" -subj "/CN=$3" -out "$1.csr"
}
sign() { # NAME EXTENSIONS DIGEST FROM TO SIGNER...
    name=$1 extensions=$2 digest=$3 from=$(day "$4") to=$(day "$5")
    shift 5
    openssl ca -batch -notext -config ca.cnf -extensions "$extensions" -md "$digest" \
        -startdate "$from" -enddate "$to" "$@" -in "$name.csr" -out "$name.crt"
}
signer=root chain=root.crt
request root ec "${ROOT:-Foreign root $(openssl rand -hex 4)}"
sign root root sha256 -3650 +3650 -selfsign -keyfile root.key
for number in $(seq "$INTERMEDIATES"); do
    request "i$number" ec "Foreign intermediate $number"
    sign "i$number" intermediate sha256 -3650 +3650 -cert $signer.crt -keyfile $signer.key
    signer=i$number chain="$signer.crt $chain"
done
request leaf "$KEY" "$COMMON_NAME"
sign leaf leaf "$DIGEST" "$FROM" "$TO" -cert $signer.crt -keyfile $signer.key
cat leaf.key >&3
for file in leaf.crt $chain; do
    echo % >&3
    cat "$file" >&3
done
