# Opens a page in Firefox by its remote protocol (Marionette) and says what it shows: the page's text, or the fault.
# Arguments: the profile, the page, and a file for a picture of it.
import base64, json, os, socket, subprocess, sys, time

profile, url, picture = sys.argv[1:]
port = 20000 + os.getpid() % 20000
with open(profile + "/user.js", "w") as settings:
    settings.write('user_pref("marionette.port", %d);\nuser_pref("app.normandy.enabled", false);\n' % port)
firefox = subprocess.Popen(
    ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", profile],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
try:
    for _ in range(600):
        try:
            stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
            break
        except OSError:
            time.sleep(0.1)

    def receive():
        length = b""
        while not length.endswith(b":"):
            length += stream.read(1)
        return json.loads(stream.read(int(length[:-1])))

    def ask(number, command, arguments):
        message = json.dumps([0, number, command, arguments]).encode()
        stream.write(b"%d:%s" % (len(message), message))
        stream.flush()
        _, _, fault, result = receive()
        return fault, result

    receive()
    ask(1, "WebDriver:NewSession", {})
    fault, _ = ask(2, "WebDriver:Navigate", {"url": url})
    time.sleep(1)
    _, shot = ask(3, "WebDriver:TakeScreenshot", {"full": False})
    if shot and "value" in shot:
        with open(picture, "wb") as file:
            file.write(base64.b64decode(shot["value"]))
    _, source = ask(4, "WebDriver:GetPageSource", {})
    print(fault["error"] if fault else source["value"])
    ask(5, "Marionette:Quit", {"flags": ["eForceQuit"]})
    firefox.wait(20)
finally:
    firefox.kill()
