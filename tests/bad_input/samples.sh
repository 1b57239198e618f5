# Makes, with OpenSSL and by hand, the files that people give by mistake; run in an empty folder.
set -eu
umask 022
exec >/dev/null 2>/tmp/samples.log </dev/null
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
root="-addext keyUsage=critical,keyCertSign,cRLSign"

# A good CA and a good pair.
# shellcheck disable=SC2086 # several words, here and below
openssl req -x509 $key -keyout ca.key -out ca.crt -days 3650 -subj "/CN=Good CA" $root
# shellcheck disable=SC2086
openssl req $key -keyout leaf.key -out leaf.csr -subj "/CN=mygitlab.example.com" \
    -addext subjectAltName=DNS:mygitlab.example.com -addext extendedKeyUsage=serverAuth
sign="openssl x509 -req -days 90 -CA ca.crt -CAkey ca.key -copy_extensions copy -set_serial 77"
$sign -in leaf.csr -out leaf.crt
openssl ecparam -name prime256v1 -genkey -noout -out other.key
cat leaf.crt ca.crt >chain.pem
openssl x509 -in ca.crt -outform DER -out ca.der
openssl pkey -in leaf.key -outform DER -out key.der

# Of no use: nothing, too much, too little, noise.
: >empty
mkdir folder
truncate -s 100M large.pem
truncate -s 10M zeros
head -c 4000 /dev/urandom >noise
{ echo "-----BEGIN CERTIFICATE-----"; head -c 600 /dev/urandom | base64; echo "-----END CERTIFICATE-----"; } >noise.pem
head -c 200 ca.crt >cut.pem
head -c 200 ca.der >cut.der
{ cat ca.der; echo more; } >longer.der
{ cat ca.crt; sed '4s/.*/AAAA/' leaf.crt; } >half.pem
{ cat ca.crt; sed '4s/.*/!!!!/' leaf.crt; } >half-base64.pem
sed 's/-----END CERTIFICATE-----/-----END CERTIFICATE/' ca.crt >unended.pem
mkfifo pipe
ln -s loop loop

# Something else.
cp ca.key key.pem
ssh=AAAAC3NzaC1lZDI1NTE5AAAAIHVpUGZ4dGhpc2lzbm90YWtleWF0YWxsMDAwMDAw
echo "ssh-ed25519 $ssh someone@laptop" >ssh.pub
printf '%s\n' "-----BEGIN OPENSSH PRIVATE KEY-----" b3BlbnNzaC1rZXktdjEAAAAA "-----END OPENSSH PRIVATE KEY-----" >ssh.key
printf '%s\n' "-----BEGIN PGP PUBLIC KEY BLOCK-----" "" mQINBFit2ioBEADhWpZ8 =abcd "-----END PGP PUBLIC KEY BLOCK-----" >pgp.asc
printf '<!DOCTYPE html>\n<html><head><title>Sign in - GitLab</title></head></html>\n' >page.html
printf '\n  <HTML>\n</HTML>\n' >page.crt
printf '{"error": "401 Unauthorized"}\n' >answer.json
printf '\376\355\376\355\000\000\000\002\000\000\000\001' >keystore.jks
printf 'PK\003\004 and so on' >certificates.zip
base64 ca.der >base64.txt
openssl crl2pkcs7 -nocrl -out none.p7b

# Keys.
openssl pkey -in leaf.key -aes256 -passout pass:secret -out encrypted.key
openssl genrsa -out rsa.key 2048
openssl rsa -in rsa.key -aes128 -traditional -passout pass:secret -out legacy.key
openssl genrsa -out rsa1024.key 1024
openssl pkey -in leaf.key -pubout -out public.pem
openssl ecparam -name secp256k1 -genkey -noout -out bitcoin.key
openssl genpkey -algorithm ed448 -out ed448.key
openssl ecparam -name prime256v1 -out parameters.pem
# Another letter than the one that stands there.
sed '3{s/^A/B/;t;s/^./A/}' leaf.key >damaged.key
cat rsa.key leaf.key >two.key
printf 'secret\r\n' >passphrase
printf '\357\273\277secret\r\n' >passphrase-bom
printf 'wrong\n' >passphrase-wrong
printf '\377\376s\000' >passphrase-utf16
# A number of 16,384 bits that is no product of primes: nobody here computes with it.
number=0x$(head -c 2048 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | sed 's/^../f1/; s/.$/1/')
cat >large.cnf <<CONFIG
asn1 = SEQUENCE:spki
[spki]
algorithm = SEQUENCE:rsa
key = BITWRAP,SEQUENCE:numbers
[rsa]
oid = OID:rsaEncryption
parameters = NULL
[numbers]
n = INTEGER:$number
e = INTEGER:0x010001
CONFIG
openssl asn1parse -genconf large.cnf -noout -out large.spki
openssl pkey -pubin -inform DER -in large.spki -out large.pub
$sign -in leaf.csr -force_pubkey large.pub -out rsa16k.crt
cat >large.cnf <<CONFIG
asn1 = SEQUENCE:key
[key]
version = INTEGER:0
n = INTEGER:$number
e = INTEGER:0x010001
d = INTEGER:$number
p = INTEGER:3
q = INTEGER:3
dp = INTEGER:1
dq = INTEGER:1
qi = INTEGER:1
CONFIG
openssl asn1parse -genconf large.cnf -noout -out rsa16k.der
{ echo "-----BEGIN RSA PRIVATE KEY-----"; base64 -w 64 rsa16k.der; echo "-----END RSA PRIVATE KEY-----"; } >rsa16k.key
# As many rounds of PBKDF2 as a number of 31 bits counts.
cat >rounds.cnf <<CONFIG
asn1 = SEQUENCE:key
[key]
algorithm = SEQUENCE:pbes2
data = FORMAT:HEX,OCTETSTRING:00112233445566778899aabbccddeeff
[pbes2]
oid = OID:PBES2
parameters = SEQUENCE:schemes
[schemes]
kdf = SEQUENCE:pbkdf2
cipher = SEQUENCE:aes
[pbkdf2]
oid = OID:PBKDF2
parameters = SEQUENCE:rounds
[rounds]
salt = FORMAT:HEX,OCTETSTRING:0011223344556677
count = INTEGER:2147483647
prf = SEQUENCE:prf
[prf]
oid = OID:hmacWithSHA256
parameters = NULL
[aes]
oid = OID:aes-256-cbc
iv = FORMAT:HEX,OCTETSTRING:00112233445566778899aabbccddeeff
CONFIG
openssl asn1parse -genconf rounds.cnf -noout -out rounds.der

# Certificates that are old, weak or odd.
openssl req -new -key ca.key -subj "/CN=Version 1" -out v1.csr
openssl x509 -req -in v1.csr -signkey ca.key -days 90 -out v1.crt
# shellcheck disable=SC2086
openssl req -x509 -key rsa.key -md5 -days 90 -subj "/CN=MD5" $root -out md5.crt
# shellcheck disable=SC2086
openssl req -x509 -key rsa.key -sha1 -days 90 -subj "/CN=SHA-1" $root -out sha1.crt
# shellcheck disable=SC2086
openssl req -x509 -key rsa1024.key -days 90 -subj "/CN=RSA 1024" $root -out rsa1024.crt
# shellcheck disable=SC2086
openssl req -x509 -key ca.key -set_serial -5 -days 90 -subj "/CN=Negative" $root -out negative.crt

# PKCS #12, and signing requests.
p12="openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile ca.crt"
$p12 -passout pass:secret -out secret.p12
$p12 -passout pass: -out empty.p12
$p12 -passout pass: -keypbe NONE -certpbe NONE -nomac -out none.p12
$p12 -passout pass:secret -legacy -out rc2.p12
head -c 900 secret.p12 >cut.p12
openssl pkcs12 -export -nokeys -in ca.crt -passout pass: -out keyless.p12
head -c 150 leaf.csr >cut.csr
sed '3{s/^A/B/;t;s/^./A/}' leaf.csr >damaged.csr
openssl req -new -key ca.key -subj "/CN=no name" -out nameless.csr
# shellcheck disable=SC2086
openssl req -new -key rsa1024.key -subj "/CN=mygitlab.example.com" -addext subjectAltName=DNS:mygitlab.example.com -out weak.csr
rm -f ./*.cnf large.spki rsa16k.der v1.csr

# Good, in other clothes: all of them are to be read.
mkdir good
sed 's/$/\r/' ca.crt >good/crlf.crt
{ printf '\357\273\277'; cat ca.crt; } >good/bom.crt
{ printf '\377\376'; iconv -f UTF-8 -t UTF-16LE ca.crt; } >good/utf-16.crt
{ cat ca.crt; echo "and some words"; } >good/trailing.crt
cp ca.crt "good/a name with spaces.crt"
cp ca.crt good/Zertifikat-für-Büro.crt
openssl crl2pkcs7 -nocrl -certfile ca.crt -outform DER -out good/ca.p7b
openssl x509 -in ca.crt -trustout -addtrust serverAuth -out good/trusted.crt
cp ca.der good/ca.crt
