// Prints, for each file named, how many certificates Go takes from it into a pool of roots.
package main

import (
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	for _, name := range os.Args[1:] {
		text, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		fmt.Println(len(pool.Subjects()))
	}
}
