// Java as a client: the default trust manager, asked in a TLS handshake that checks the host.
// Each argument is a folder with host, port and root.pem; each line of output is the verdict for
// one: "accepted", or why not.

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import javax.net.ssl.*;

class Judge {
    public static void main(String[] folders) throws Exception {
        for (String folder : folders) {
            String verdict;
            try {
                judge(Path.of(folder));
                verdict = "accepted";
            } catch (Exception refused) {
                Throwable cause = refused;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                verdict = (refused.getMessage() + ": " + cause).replace('\n', ' ');
            }
            System.out.println(verdict);
        }
    }

    static void judge(Path folder) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        var pem = new ByteArrayInputStream(Files.readAllBytes(folder.resolve("root.pem")));
        store.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        var trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        var client = SSLContext.getInstance("TLS");
        client.init(null, trust.getTrustManagers(), null);

        var host = Files.readString(folder.resolve("host"));
        var port = Integer.parseInt(Files.readString(folder.resolve("port")));
        try (var raw = new java.net.Socket(InetAddress.getLoopbackAddress(), port);
                var socket = (SSLSocket) client.getSocketFactory().createSocket(raw, host, port, true)) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        }
    }
}
