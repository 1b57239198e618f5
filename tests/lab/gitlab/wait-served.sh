# Waits until the certificate on standard input is what the host serves on both of its ports.
host=$1
wanted=$(openssl x509 -noout -fingerprint -sha256) || exit
served() {
    openssl s_client -connect "$host:$1" -servername "$host" </dev/null 2>/dev/null |
        openssl x509 -noout -fingerprint -sha256 2>/dev/null
}
# Several times in a row: until the old workers of nginx went, either may answer.
in_a_row=0
for i in $(seq 400); do
    if [ "$(served 443)" = "$wanted" ] && [ "$(served 4567)" = "$wanted" ]; then
        in_a_row=$((in_a_row + 1))
        [ "$in_a_row" -lt 4 ] || exit 0
    else
        in_a_row=0
    fi
    sleep 0.05
done
echo "not served: $(cat /var/log/gitlab/nginx/error.log)" >&2
exit 1
