// Go as a client: what docker, podman, glab and terraform connect with.
// Each argument is a folder with host, port and root.pem; each line of output is the verdict for
// one: "accepted", or why not.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

func main() {
	for _, folder := range os.Args[1:] {
		verdict := "accepted"
		if err := judge(folder); err != nil {
			verdict = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(verdict)
	}
}

func judge(folder string) error {
	var texts []string
	for _, name := range []string{"host", "port", "root.pem"} {
		text, err := os.ReadFile(folder + "/" + name)
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(texts[2])) {
		return errors.New("the root is unreadable")
	}
	dialer := &net.Dialer{Timeout: 20 * time.Second}
	configuration := &tls.Config{RootCAs: roots, ServerName: texts[0]}
	connection, err := tls.DialWithDialer(dialer, "tcp", "127.0.0.1:"+texts[1], configuration)
	if err != nil {
		return err
	}
	return connection.Close()
}
