"use strict";
// Makes the finished table searchable, filterable and sortable, and shows the details of a host from the record.
(() => {
    const element = (id) => document.getElementById(id);
    const record = JSON.parse(element("record").textContent);
    const body = element("matrix").tBodies[0];
    const heads = [...element("matrix").tHead.rows[0].cells];
    const groups = [...element("group").options].map((option) => option.value);
    const marks = ["bad", "open", "good", "faint", "none"];
    const collator = new Intl.Collator("en", { numeric: true });
    const [search, group, store, word, shown] = ["search", "group", "store", "word", "shown"].map(element);

    // Characters that are invisible or change the direction of writing are shown as the page's text shows them.
    const plain = (text) => text.replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
    const make = (tag, text, parent) => {
        const made = document.createElement(tag);
        if (text) made.textContent = plain(text);
        if (parent) parent.append(made);
        return made;
    };

    const words = JSON.parse(element("matrix").dataset.words);
    const rows = [...body.rows].map((row) => {
        const cells = [...row.cells];
        const name = row.dataset.host;
        const host = record.hosts[name] ?? null;
        const details = host ? host.anchors.flatMap((anchor) => anchor.stores.map((one) => one.detail)) : [];
        return {
            row, name, host,
            group: row.dataset.group,
            words: cells.map((cell) => cell.dataset.word),
            ranks: cells.map((cell) => marks.indexOf(cell.className)),
            why: cells.at(-1).textContent,
            text: [name, cells.at(-1).textContent, ...details].join("\n").toLowerCase(),
        };
    });
    const number = (count) => count.toLocaleString("en");

    const tell = () => {
        const count = rows.filter((one) => !one.row.hidden).length;
        shown.textContent = `${number(count)} of ${number(rows.length)} hosts shown`;
    };
    const filter = () => {
        const wanted = search.value.trim().toLowerCase();
        const column = heads.findIndex((head) => head.dataset.store === store.value);
        const fits = (one) => {
            const found = store.value ? [one.words[column]] : one.words;
            return (!group.value || one.group === group.value) && (!wanted || one.text.includes(wanted))
                && (!word.value ? !store.value || found.some(Boolean) : found.includes(word.value));
        };
        for (const one of rows) {
            one.row.hidden = !fits(one);
            if (one.detail) one.detail.hidden = one.row.hidden;
        }
        tell();
    };
    let waiting;
    search.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(filter, 120);
    });
    for (const select of [group, store, word]) select.addEventListener("change", filter);
    element("reset").addEventListener("click", () => {
        for (const control of [search, group, store, word]) control.value = "";
        filter();
    });

    const order = {
        host: () => 0,
        state: (one, other) => groups.indexOf(one.group) - groups.indexOf(other.group),
        why: (one, other) => !one.why - !other.why || collator.compare(one.why, other.why),
    };
    const sort = (head, column) => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const compare = order[head.dataset.sort] || ((one, other) => one.ranks[column] - other.ranks[column]
            || collator.compare(one.words[column] || "", other.words[column] || ""));
        const sign = falls ? -1 : 1;
        rows.sort((one, other) => sign * (compare(one, other) || collator.compare(one.name, other.name)));
        body.append(...rows.flatMap((one) => (one.detail ? [one.row, one.detail] : [one.row])));
    };
    heads.forEach((head, column) => {
        const button = make("button", head.textContent);
        button.type = "button";
        button.addEventListener("click", () => sort(head, column));
        head.replaceChildren(button);
    });

    const state = (one) => (words[one.state] || one.state) + (one.changed ? ", changed by the last run" : "");
    const detail = (one) => {
        const row = make("tr");
        const cell = make("td", "", row);
        row.className = "detail";
        row.setAttribute("role", "row");
        cell.setAttribute("role", "cell");
        cell.colSpan = heads.length;
        const host = one.host;
        if (!host) {
            make("p", "The last run did not come to this host.", cell);
            return row;
        }
        const code = host.code == null ? "" : `, exit code ${host.code}`;
        make("p", `Result of ${host.at.slice(0, 16).replace("T", " ")} UTC${code}`, cell);
        if (host.why) make("p", host.why, cell);
        for (const anchor of host.anchors) {
            const ca = record.cas.find((known) => known.sha256 === anchor.sha256);
            const title = make("h3", ca ? `${ca.title} ` : "", cell);
            make("code", anchor.sha256.slice(0, 16), title);
            const list = make("ul", "", cell);
            for (const each of anchor.stores) {
                const item = make("li", "", list);
                make("strong", each.id, item);
                item.append(`: ${state(each)}${each.detail ? `: ${plain(each.detail)}` : ""}`);
            }
        }
        for (const note of host.notes || []) make("p", note, cell);
        return row;
    };
    rows.forEach((one) => {
        const head = one.row.cells[0];
        const button = make("button", "");
        button.type = "button";
        button.textContent = head.textContent;
        button.setAttribute("aria-expanded", "false");
        button.addEventListener("click", () => {
            const opens = !one.detail;
            button.setAttribute("aria-expanded", String(opens));
            if (opens) {
                one.detail = detail(one);
                one.row.after(one.detail);
            } else {
                one.detail.remove();
                one.detail = null;
            }
        });
        head.replaceChildren(button);
    });

    // The page counts the days to a CA's end from the run; whoever opens it later wants to know them from today.
    const day = 86400000;
    for (const end of document.querySelectorAll("time[data-end]")) {
        const days = Math.floor((Date.parse(end.dateTime) - Date.now()) / day);
        if (String(days) !== end.dataset.end && Number.isFinite(days)) {
            const told = days < 0 ? `ended ${number(-days)} days ago` : `${number(days)} days`;
            make("span", ` (today: ${told})`, end.parentNode);
        }
    }
    element("controls").hidden = false;
    tell();
})();
