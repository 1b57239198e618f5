"use strict";
// Sends visitors of the entry to their language, shows their system's way first, and asks GitLab whether this browser trusts it.
(() => {
    const root = document.documentElement;
    const languages = ["en", "de", "fr", "zh"];
    if ("choose" in root.dataset) {
        const wanted = navigator.languages.map((language) => language.slice(0, 2).toLowerCase());
        const found = wanted.find((language) => languages.includes(language)) ?? "en";
        if (found !== "en") location.replace(found + ".html" + location.hash);
    }

    const platform = () => {
        const agent = navigator.userAgent;
        // An iPad calls itself a Mac, and has a touch screen.
        if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)) return "ios";
        if (/Android/.test(agent)) return "android";
        if (/Windows/.test(agent)) return "windows";
        if (/Macintosh/.test(agent)) return "mac";
        if (/CrOS/.test(agent)) return "";
        return /Linux|BSD|X11/.test(agent) ? "linux" : "";
    };

    const put = (element, text) => {
        element.textContent = text;
    };

    const start = () => {
        const element = (id) => document.getElementById(id);
        const mine = element(platform());
        if (mine) {
            element("mine").append(mine);
            mine.open = true;
            for (const shown of ["mine", "others"]) element(shown).hidden = false;
            element("choose-device").hidden = true;
        }

        // The verdict. A browser refuses a server that it does not trust, and does not say why it refused.
        const card = element("check");
        const verdict = element("verdict");
        const again = element("again");
        const tell = (state) => {
            card.dataset.state = state;
            put(verdict.querySelector(".word"), verdict.dataset[state]);
            put(verdict.querySelector(".more"), verdict.dataset[state + "More"] ?? "");
            again.disabled = state === "checking";
        };
        let blocked = false;
        document.addEventListener("securitypolicyviolation", (event) => {
            // Such as a redirection to another server; Firefox also tells of the icon that this page does not have.
            blocked ||= event.effectiveDirective === "connect-src";
        });
        const check = async () => {
            tell("checking");
            blocked = false;
            const limit = new AbortController();
            const timer = setTimeout(() => limit.abort(), 10000);
            try {
                await fetch(card.dataset.url, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: limit.signal });
                tell("trusted");
            } catch {
                await new Promise((resolve) => setTimeout(resolve));
                tell(blocked || limit.signal.aborted ? "unknown" : "refused");
            }
            clearTimeout(timer);
        };
        if (card.dataset.url) {
            again.hidden = false;
            again.addEventListener("click", check);
            check();
        }

        for (const button of document.querySelectorAll("button.copy")) {
            button.hidden = false;
            const label = button.textContent;
            button.addEventListener("click", () => {
                // Over plain HTTP there is no navigator.clipboard.
                const field = document.createElement("textarea");
                field.value = button.dataset.text;
                field.className = "hidden";
                button.after(field);
                field.select();
                const done = document.execCommand("copy");
                field.remove();
                button.focus();
                if (!done) return;
                put(button, button.dataset.done);
                setTimeout(() => put(button, label), 2000);
            });
        }

        put(element("address"), location.href.split("#")[0]);
        // Paper shows every way.
        let closed = [];
        addEventListener("beforeprint", () => {
            closed = [...document.querySelectorAll("details.way:not([open])")];
            for (const way of closed) way.open = true;
        });
        addEventListener("afterprint", () => {
            for (const way of closed) way.open = false;
        });
    };
    document.addEventListener("DOMContentLoaded", start);
})();
