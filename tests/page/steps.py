# Uses the onboarding page as people do, in Chromium and in Firefox, and tells what it has seen, a line each. Arguments: the
# steps to take (all, or verdict), the page's URL, GitLab's origin, the fingerprint, and the verdict that is expected. The
# environment names chromedriver, the browser, axe-core, and a folder for pictures or nothing.
import os, re, subprocess, sys, zlib

from chromium import Browser
from marionette import Firefox

wanted_steps, url, origin, sha256, expected = sys.argv[1:]
DRIVER, BINARY, AXE, pictures = (os.environ[name] for name in ("CHROMEDRIVER", "CHROMIUM", "AXE", "PICTURES"))
LANGUAGES = ["en", "de", "fr", "zh"]
LOOKS = [(width, height, scheme) for width, height in ((1280, 800), (360, 740)) for scheme in ("light", "dark")]

MOZILLA = "Mozilla/5.0 (%s) "
WEBKIT = MOZILLA + "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15"
CHROME = MOZILLA + "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
GECKO = MOZILLA + "Gecko/20100101 Firefox/145.0"
AGENTS = [
    ("ios", WEBKIT % "iPhone; CPU iPhone OS 19_0 like Mac OS X", 5),
    ("ios", WEBKIT % "Macintosh; Intel Mac OS X 10_15_7", 5),
    ("mac", WEBKIT % "Macintosh; Intel Mac OS X 10_15_7", 0),
    ("mac", GECKO % "Macintosh; Intel Mac OS X 10.15; rv:145.0", 0),
    ("windows", CHROME % "Windows NT 10.0; Win64; x64", 0),
    ("windows", GECKO % "Windows NT 10.0; Win64; x64; rv:145.0", 10),
    ("linux", CHROME % "X11; Linux x86_64", 0),
    ("linux", GECKO % "X11; FreeBSD amd64; rv:145.0", 0),
    ("android", CHROME % "Linux; Android 15; Pixel 9", 5),
    ("android", GECKO % "Android 15; Mobile; rv:145.0", 5),
    (None, CHROME % "X11; CrOS x86_64 16093.0.0", 0),
    (None, "Unknown/1.0", 0),
]
MINE = "const mine = document.querySelector('#mine details'); return mine && mine.open ? mine.id : null"
STATE = "return document.getElementById('check').dataset.state"
FOCUS = """const focused = document.activeElement, style = getComputedStyle(focused), box = focused.getBoundingClientRect();
return [focused.className || focused.textContent.trim(), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, box.width > 0]"""
RULES = """const done = arguments[arguments.length - 1];
axe.run(document).then((found) => done([found.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.html + ' ' + node.failureSummary).join('; ')),
    found.passes.length, found.incomplete.map((one) => one.id)]));"""
SETTLED = """const done = arguments[arguments.length - 1], card = document.getElementById('check');
const look = () => card.dataset.state === 'checking' ? setTimeout(look, 50) : done(card.dataset.state);
look();"""


def same(seen, wanted):
    assert seen == wanted, "seen: %r, wanted: %r" % (seen, wanted)


def verdict(browser):
    """The verdict, and that words tell it too."""
    state = browser.wait_for(SETTLED)
    word = browser.run("return document.querySelector('#verdict .word').textContent")
    words = {"trusted": "This browser trusts ", "refused": "This browser does not trust ", "unknown": "It is not known "}
    assert word.startswith(words[state]), word
    return state


def tells_whether_it_trusts(browser):
    browser.visit(url + "en.html")
    same(verdict(browser), expected)
    browser.click("#again")
    same(verdict(browser), expected)
    # GitLab's HSTS, which the browser has now, does not keep the page from opening again.
    browser.visit(url + "en.html")
    same(verdict(browser), expected)


def recognises_each_platform(browser):
    for platform, agent, touches in AGENTS:
        browser.pretend(agent, touches)
        browser.visit(url + "en.html")
        same([agent, browser.run(MINE)], [agent, platform])
        same(len(browser.run("return [...document.querySelectorAll('details.way')].map((way) => way.id)")), 5)
    browser.pretend(AGENTS[6][1], 0)


def speaks_the_visitors_language(browser):
    for languages, wanted in (("fr-CH,fr,en", "fr"), ("es,de-AT,en", "de"), ("zh-CN,zh", "zh"), ("es-ES,es", "en"), ("en-GB,en", "en")):
        browser.pretend(AGENTS[6][1], 0, languages)
        browser.visit(url)
        same([languages, browser.run("return document.documentElement.lang")], [languages, wanted])
    # A choice holds, whatever the browser prefers.
    browser.pretend(AGENTS[6][1], 0, "de")
    browser.visit(url)
    browser.click("nav a[lang=en]")
    same(browser.run("return [document.documentElement.lang, document.querySelector('[aria-current]').textContent]"), ["en", "English"])
    browser.pretend(AGENTS[6][1], 0, "en")


def works_by_keyboard_alone(browser):
    browser.visit(url + "en.html")
    browser.wait_for(SETTLED)
    count = browser.run("""const all = [...document.querySelectorAll('a[href], button, summary')];
        return all.filter((one) => one.matches('.skip') || one.checkVisibility()).length""")
    seen = []
    for _ in range(count):
        browser.press("Tab")
        name, has_outline, has_size = browser.run(FOCUS)
        assert has_outline and has_size, "no outline: %s" % name
        seen.append(name)
    same(seen[0], "skip")
    assert "Windows" in seen and "Check again" in seen and "copy" in seen, seen
    for wanted in (True, False):
        browser.run("document.querySelector('#windows summary').focus()")
        browser.press("Enter")
        same(browser.run("return document.getElementById('windows').open"), wanted)
    browser.run("document.querySelector('.ca .copy').focus()")
    browser.press("Space")
    same(browser.run("return document.querySelector('.ca .copy').textContent"), "Copied")
    same(browser.run("return document.activeElement.className"), "copy")


def is_accessible(browser):
    with open(AXE) as file:
        rules = file.read()
    for language in LANGUAGES:
        browser.visit(url + language + ".html")
        browser.wait_for(SETTLED)
        browser.run("for (const way of document.querySelectorAll('details')) way.open = true")
        browser.run(rules)
        for width, height, scheme in LOOKS:
            browser.view(width, height, scheme)
            violations, passes, unsure = browser.wait_for(RULES)
            same([language, width, scheme, violations], [language, width, scheme, []])
        print("axe-core, %s: no violations, %d rules passed, unsure: %s" % (language, passes, unsure))
    browser.view(1280, 800)


def looks_good(browser):
    for language in LANGUAGES:
        for width, height, scheme in LOOKS:
            browser.view(width, height, scheme)
            browser.visit(url + language + ".html")
            browser.wait_for(SETTLED)
            wide = browser.run("return document.documentElement.scrollWidth")
            assert wide <= width, "%s: the page is %d wide on a screen of %d" % (language, wide, width)
            if pictures:
                browser.picture("%s/page-%s-%d-%s.png" % (pictures, language, width, scheme), whole=True)
    browser.view(1280, 800)


def has_a_code_that_scanners_read(browser):
    browser.visit(url + "en.html")
    for scheme in ("light", "dark"):
        browser.view(360, 740, scheme)
        browser.run("document.querySelector('.qr').scrollIntoView()")
        browser.picture("/tmp/qr.png")
        read = subprocess.run(["zbarimg", "--quiet", "--raw", "/tmp/qr.png"], capture_output=True, text=True, check=True)
        same(read.stdout.strip().lower(), sha256)
    browser.view(1280, 800)


def pages_of(pdf):
    """How many pages a PDF has. Firefox packs its objects."""
    packed = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    texts = [pdf]
    for one in packed:
        try:
            texts.append(zlib.decompressobj().decompress(one))
        except zlib.error:
            pass
    return sum(len(re.findall(rb"/Type\s*/Page\b", text)) for text in texts)


def prints_on_one_page(browser):
    for language in LANGUAGES:
        browser.visit(url + language + ".html")
        browser.wait_for(SETTLED)
        pdf = browser.pdf()
        pages = pages_of(pdf)
        if pictures:
            with open("%s/page-%s-%s.pdf" % (pictures, language, type(browser).__name__.lower()), "wb") as file:
                file.write(pdf)
        same([language, pages], [language, 1])


def works_without_scripts(browser):
    browser.debug("Emulation.setScriptExecutionDisabled", value=True)
    browser.visit(url)
    text = browser.text("body")
    for part in ("Compare the fingerprint", "Choose your system:", "Windows", "It is not known whether this browser trusts"):
        assert part in text, part + " is not in " + text
    assert "Check again" not in text and "Copy" not in text, "controls that do nothing"
    browser.click("#linux summary")
    assert "labtrust trust" in browser.text("#linux")
    browser.debug("Emulation.setScriptExecutionDisabled", value=False)


def lets_no_other_script_run(browser):
    browser.visit(url + "en.html")
    browser.run("""const script = document.createElement('script');
        script.textContent = 'window.alien = true';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="x.png" onerror="window.alien = true">');""")
    browser.wait_for("setTimeout(arguments[arguments.length - 1], 300)")
    same(browser.run("return window.alien ?? null"), None)


class Chromium(Browser):
    def pretend(self, agent, touches, languages="en"):
        self.debug("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)
        self.debug("Emulation.setTouchEmulationEnabled", enabled=touches > 0, maxTouchPoints=max(touches, 1))

    def pdf(self):
        self.view(1280, 800, media="print")
        pdf = super().pdf()
        self.view(1280, 800)
        return pdf

    def requests(self):
        """What the browser asked of servers since the last time."""
        return [told["params"]["request"]["url"] for told in self.network() if told["method"] == "Network.requestWillBeSent"]


def stays_here(browser):
    asked = {one for one in browser.requests() if one.startswith(("http:", "https:", "ws:", "wss:"))}
    same(sorted(one for one in asked if not one.startswith(url)), [origin + "/robots.txt"])


CHROMIUM = (tells_whether_it_trusts, recognises_each_platform, speaks_the_visitors_language, works_by_keyboard_alone, is_accessible,
            looks_good, has_a_code_that_scanners_read, prints_on_one_page, works_without_scripts, stays_here, lets_no_other_script_run)
FIREFOX = (tells_whether_it_trusts, works_by_keyboard_alone, prints_on_one_page, lets_no_other_script_run)


def take(browser, steps):
    try:
        for step in steps if wanted_steps == "all" else [tells_whether_it_trusts]:
            step(browser)
            print("ok: %s: %s" % (type(browser).__name__, step.__name__.replace("_", " ")), flush=True)
    finally:
        browser.close()


take(Chromium(DRIVER, BINARY, ["browser", "performance"]), CHROMIUM)
take(Firefox({"intl.accept_languages": "en"}), FIREFOX)
