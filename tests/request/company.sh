# A company's CA in /root/ca: a root, an issuing CA below it, and `sign REQUEST ANSWER [SECTION]`, which signs as openssl
# ca does for people, with what the request asks for. The sections are kinds of answer that a company's CA may give.
set -eu
mkdir -p /root/ca/new
cd /root/ca
cat >ca.cnf <<'CONFIG'
[ca]
default_ca = issuing
[issuing]
database = index.txt
new_certs_dir = new
certificate = issuing.crt
private_key = issuing.key
rand_serial = yes
unique_subject = no
copy_extensions = copy
default_days = 365
default_md = sha256
policy = any
x509_extensions = web
[any]
commonName = optional
organizationName = optional
[web]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[nameless]
basicConstraints = critical,CA:FALSE
authorityKeyIdentifier = keyid
subjectAltName = email:helpdesk@example.com
[other]
basicConstraints = critical,CA:FALSE
authorityKeyIdentifier = keyid
subjectAltName = DNS:mygitlab.example.com
[client]
basicConstraints = critical,CA:FALSE
authorityKeyIdentifier = keyid
extendedKeyUsage = clientAuth
[subordinate]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
authorityKeyIdentifier = keyid
CONFIG
: >index.txt
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -days 3650 -subj '/O=Company/CN=Company Root' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>log
openssl req -newkey rsa:2048 -nodes -keyout issuing.key -out issuing.csr -subj '/O=Company/CN=Company Issuing CA' 2>log
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >issuing.ext
openssl x509 -req -in issuing.csr -CA root.crt -CAkey root.key -CAcreateserial -extfile issuing.ext -days 3000 -out issuing.crt 2>log
cat issuing.crt root.crt >chain.pem
cat >/usr/local/bin/sign <<'SIGN'
#!/bin/sh
set -eu
request=$1 answer=$2 section=${3:-web}
shift 2; [ $# = 0 ] || shift
cd /root/ca
openssl ca -batch -notext -config ca.cnf -extensions "$section" "$@" -in "$request" -out "$answer" 2>log || { cat log; exit 1; }
SIGN
chmod 755 /usr/local/bin/sign
