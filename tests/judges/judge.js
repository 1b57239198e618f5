// Node as a client: tls.connect as https uses it.
// Each argument is a folder with host, port and root.pem; each line of output is the verdict for
// one: "accepted", or why not.
const fs = require("node:fs");
const net = require("node:net");
const tls = require("node:tls");

function judge(folder) {
  const [host, port, ca] = ["host", "port", "root.pem"].map((name) => fs.readFileSync(`${folder}/${name}`, "utf8"));
  return new Promise((verdict) => {
    const refused = (error) => verdict(`${error.code ?? ""} ${error.message}`.replaceAll("\n", " "));
    const socket = net.connect(Number(port), "127.0.0.1");
    socket.on("error", refused);
    const options = { socket, host, ca, servername: net.isIP(host) ? "" : host };
    try {
      const connection = tls.connect(options, () => {
        verdict("accepted");
        connection.destroy();
      });
      connection.on("error", refused);
    } catch (error) {
      refused(error);
      socket.destroy();
    }
  });
}

(async () => {
  for (const folder of process.argv.slice(2)) {
    console.log(await judge(folder));
  }
})();
