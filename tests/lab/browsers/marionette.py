# Drives Firefox by its remote protocol, Marionette, which carries the commands of WebDriver, with the methods of chromium.py.
import base64, json, os, socket, subprocess, tempfile, time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " "}


class Firefox:
    def __init__(self, settings):
        self.profile = tempfile.TemporaryDirectory()
        port = 20000 + os.getpid() % 20000
        settings = {"marionette.port": port, "app.normandy.enabled": False, **settings}
        with open(self.profile.name + "/user.js", "w") as file:
            file.writelines("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)) for name, value in settings.items())
        line = ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", self.profile.name]
        self.process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self.stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
                break
            except OSError:
                time.sleep(0.1)
        self.receive()
        self.number = 0
        self.ask("NewSession")

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            length += self.stream.read(1)
        return json.loads(self.stream.read(int(length[:-1])))

    def ask(self, command, **values):
        self.number += 1
        message = json.dumps([0, self.number, command if ":" in command else "WebDriver:" + command, values]).encode()
        self.stream.write(b"%d:%s" % (len(message), message))
        self.stream.flush()
        _, _, fault, result = self.receive()
        assert not fault, fault
        return result.get("value") if isinstance(result, dict) else result

    def close(self):
        try:
            self.ask("Marionette:Quit", flags=["eForceQuit"])
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            # A child may still write into it.
            time.sleep(0.5)
            self.profile.cleanup()

    def visit(self, url):
        self.ask("Navigate", url=url)

    def run(self, script, *arguments):
        return self.ask("ExecuteScript", script=script, args=list(arguments))

    def wait_for(self, script, *arguments):
        return self.ask("ExecuteAsyncScript", script=script, args=list(arguments))

    def find(self, selector):
        return self.ask("FindElement", using="css selector", value=selector)[ELEMENT]

    def click(self, selector):
        self.ask("ElementClick", id=self.find(selector))

    def press(self, *keys):
        presses = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": presses}])

    def size(self, width, height):
        self.ask("SetWindowRect", width=width, height=height)

    def pdf(self):
        return base64.b64decode(self.ask("Print", page={"width": 21, "height": 29.7}, background=False))

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("TakeScreenshot", full=True)))
