// Java as a judge: the default trust manager, asked in a TLS handshake that checks the host.
// Each argument is a folder with chain.pem, leaf.key, root.pem and host; each line of output is the
// verdict for one: "accepted", or why not.

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

class Judge {
    public static void main(String[] folders) throws Exception {
        for (String folder : folders) {
            try {
                System.out.println(judge(Path.of(folder)));
            } catch (GeneralSecurityException unreadable) {
                System.out.println(unreadable.toString().replace('\n', ' '));
            }
        }
    }

    static String judge(Path folder) throws Exception {
        var server = SSLContext.getInstance("TLS");
        // Another kind would refuse to hold a chain that goes on after its root; what is sent is not the client's say.
        var pair = KeyStore.getInstance("JKS");
        pair.load(null, null);
        var chain = certificates(folder.resolve("chain.pem")).toArray(new java.security.cert.Certificate[0]);
        pair.setKeyEntry("leaf", key(folder.resolve("leaf.key"), chain[0]), new char[0], chain);
        var keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(pair, new char[0]);
        server.init(keys.getKeyManagers(), null, null);

        var client = SSLContext.getInstance("TLS");
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        for (var root : certificates(folder.resolve("root.pem"))) {
            store.setCertificateEntry("root" + number++, root);
        }
        var trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        client.init(null, trust.getTrustManagers(), null);

        var loopback = InetAddress.getLoopbackAddress();
        try (var listener = server.getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            var serving = new Thread(() -> {
                try (var socket = (SSLSocket) listener.accept()) {
                    socket.startHandshake();
                    socket.getInputStream().read();
                } catch (Exception refused) {
                    // The client says why.
                }
            });
            serving.start();
            var host = Files.readString(folder.resolve("host"));
            try (var raw = new java.net.Socket(loopback, listener.getLocalPort());
                    var socket = (SSLSocket) client.getSocketFactory().createSocket(raw, host, 443, true)) {
                var parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                return "accepted";
            } catch (Exception refused) {
                Throwable cause = refused;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                return (refused.getMessage() + ": " + cause).replace('\n', ' ');
            } finally {
                serving.join();
            }
        }
    }

    static List<java.security.cert.Certificate> certificates(Path pem) throws Exception {
        var bytes = new ByteArrayInputStream(Files.readAllBytes(pem));
        return new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(bytes));
    }

    static PrivateKey key(Path pem, java.security.cert.Certificate leaf) throws Exception {
        var text = Files.readString(pem).replaceAll("-----[A-Z ]+-----", "");
        var spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text));
        return KeyFactory.getInstance(leaf.getPublicKey().getAlgorithm()).generatePrivate(spec);
    }
}
