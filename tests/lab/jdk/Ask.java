// Java as a client: what the trust store of its JDK says of a server. Arguments: host and port. It prints "trusted", or why
// not.

import javax.net.ssl.*;

class Ask {
    public static void main(String[] server) {
        try (var socket = (SSLSocket) SSLSocketFactory.getDefault()
                .createSocket(server[0], Integer.parseInt(server[1]))) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            System.out.println("trusted");
        } catch (Exception refused) {
            Throwable cause = refused;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println(refused.getMessage() + ": " + cause);
        }
    }
}
