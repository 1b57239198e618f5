# Drives Chromium by WebDriver (https://www.w3.org/TR/webdriver2/) with Python's own library, for the steps in steps.py.
import base64, json, re, subprocess, tempfile, urllib.error, urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Down": "\ue015", "Space": " ", "Clear": "\ue003"}
OPTIONS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
]


class Browser:
    def __init__(self, driver, binary, logs=("browser",)):
        self.profile = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                break
        self.root = "http://127.0.0.1:%s/session" % found.group(1)
        options = {"binary": binary, "args": OPTIONS + ["--user-data-dir=" + self.profile.name]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {log: "ALL" for log in logs}}
        try:
            session = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        except Exception:
            self.driver.kill()
            raise
        self.root += "/" + session["sessionId"]

    def ask(self, method, path, body=None):
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:2000]) from None

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(20)

    def open(self, page):
        self.visit("file://" + page)

    def visit(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, script, *arguments):
        """The answer of a script that calls its last argument."""
        return self.ask("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def debug(self, command, **values):
        """A command of the browser's own protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": values})

    def find(self, selector, using="css selector"):
        return self.ask("POST", "/element", {"using": using, "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", "/element/%s/click" % self.find(selector))

    def click_path(self, path):
        self.ask("POST", "/element/%s/click" % self.find(path, "xpath"))

    def text(self, selector):
        return self.ask("GET", "/element/%s/text" % self.find(selector))

    def type(self, selector, text):
        self.ask("POST", "/element/%s/value" % self.find(selector), {"text": text})

    def press(self, *keys):
        presses = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def view(self, width, height, scheme="light", media="screen"):
        self.debug("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.debug("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path, whole=False):
        picture = self.debug("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def pdf(self):
        return base64.b64decode(self.ask("POST", "/print", {"background": False}))

    def busy(self):
        """Milliseconds that the page's main thread has worked, without those in which other programs had the processor."""
        self.debug("Performance.enable", timeDomain="threadTicks")
        return 1000 * next(one["value"] for one in self.debug("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration")

    def network(self):
        """The events of the browser's own protocol since the last time, if the log `performance` is kept."""
        return [json.loads(entry["message"])["message"] for entry in self.ask("POST", "/se/log", {"type": "performance"})]

    def complaints(self):
        """What the console says of the page, such as a breach of its policy."""
        messages = [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]
        return [message for message in messages if message.startswith("file://")]
