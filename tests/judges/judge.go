// Go as a judge: what docker, podman, glab and terraform verify with.
// Each argument is a folder with chain.pem, root.pem and host; each line of output is the verdict
// for one: "accepted", or why not.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
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
	chain, err := certificates(folder + "/chain.pem")
	if err != nil {
		return err
	}
	roots, err := certificates(folder + "/root.pem")
	if err != nil {
		return err
	}
	host, err := os.ReadFile(folder + "/host")
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{
		DNSName:       string(host),
		Roots:         pool(roots),
		Intermediates: pool(chain[1:]),
	}
	_, err = chain[0].Verify(options)
	return err
}

func pool(certificates []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool
}

func certificates(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found, nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		found = append(found, certificate)
	}
}
