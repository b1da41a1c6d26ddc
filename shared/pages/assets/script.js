(() => {
  const page = document;
  page.documentElement.classList.add("js");
  const say = (text) => {
    const place = page.getElementById("said");
    if (place) place.textContent = text;
  };

  // Copies the text of the code before the button.
  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    const text = code.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const range = page.createRange();
      range.selectNodeContents(code);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      if (!page.execCommand("copy")) return say("Press Ctrl+C to copy.");
      // What stays selected would keep the page as it is.
      selection.removeAllRanges();
    }
    const label = button.textContent;
    button.textContent = "Copied";
    say("Copied");
    setTimeout(() => { button.textContent = label; say(""); }, 2000);
  };
  page.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });

  // What takes a while says so, and is not sent twice.
  page.addEventListener("submit", (event) => {
    const button = event.target.querySelector("button[data-busy]");
    if (!button) return;
    setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; });
    say(button.dataset.busy);
  });
  // What is folded is printed, too.
  const folded = () => page.querySelectorAll("details:not([open])");
  addEventListener("beforeprint", () => { for (const it of folded()) { it.open = true; it.dataset.folded = ""; } });
  addEventListener("afterprint", () => {
    for (const it of page.querySelectorAll("details[data-folded]")) { it.open = false; delete it.dataset.folded; }
  });

  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // A button that has to wait counts down.
  const count = () => {
    for (const button of page.querySelectorAll("button[data-wait]")) {
      const until = Number(button.dataset.until) || Date.now() + button.dataset.wait * 1000;
      button.dataset.until = until;
      button.dataset.label ||= button.textContent;
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${button.dataset.label} (${left} s)` : button.dataset.label;
      if (left <= 0) delete button.dataset.wait;
    }
  };
  count();
  setInterval(count, 1000);

  // What an address says once is not said again.
  const address = page.querySelector("main")?.dataset.address;
  if (address) history.replaceState(null, "", address);

  // A page that waits is fetched again, unless somebody is at work on it.
  const seconds = Number(page.querySelector("main")?.dataset.refresh);
  const isInUse = () => {
    const element = page.activeElement;
    const typing = element?.matches("input, textarea, select") ?? false;
    const fields = [...page.querySelectorAll("main input:not([type=hidden]), main textarea")];
    const chosen = [...page.querySelectorAll("main select")].some((it) => {
      const first = [...it.options].findIndex((option) => option.defaultSelected);
      return it.selectedIndex !== Math.max(first, 0);
    });
    return typing || chosen || fields.some((it) => it.value !== it.defaultValue) || page.hidden || getSelection().type === "Range" || page.querySelector("button[data-busy]:disabled:not([data-wait])");
  };
  const nameOf = (element) => element.id || element.getAttribute("aria-label") || element.getAttribute("href")
    || [element.tagName, element.closest("form")?.getAttribute("action"), element.closest("details")?.id].join(" ");
  const refresh = async () => {
    if (isInUse()) return;
    // What leads elsewhere, such as to the sign-in, is followed by the browser itself.
    const answer = await fetch(location.href, { cache: "no-store", redirect: "manual" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [now, then] = [page.querySelector("main"), fresh.querySelector("main")];
    // Another person may have signed in: no page of theirs belongs under this one's name.
    const isTheirs = then?.dataset.session !== now.dataset.session;
    if (!answer.ok || !then || isTheirs) return location.reload();
    if (isInUse()) return;
    for (const open of now.querySelectorAll("details[id]")) {
      const same = then.querySelector(`details[id="${CSS.escape(open.id)}"]`);
      if (same) same.open = open.open;
    }
    // A person with a keyboard stays where they are.
    const focused = now.contains(page.activeElement) && nameOf(page.activeElement);
    // A message about what a person did stays until they leave the page: the fresh page does not have it again.
    const told = now.querySelector(":scope > #told");
    if (told && !then.querySelector("#told")) {
      const parts = [...then.childNodes];
      const behind = parts.indexOf(then.children[[...now.children].indexOf(told)]);
      const at = behind < 0 ? parts.length : behind;
      for (const it of [...now.childNodes]) if (it !== told) it.remove();
      told.before(...parts.slice(0, at));
      told.after(...parts.slice(at));
    } else now.replaceChildren(...then.childNodes);
    const again = [...now.querySelectorAll("a, button, summary, [tabindex]")].find((it) => nameOf(it) === focused);
    again?.focus({ preventScroll: true });
    page.title = fresh.title;
    count();
  };
  const look = () => { refresh().catch(() => {}); };
  if (seconds > 0) {
    setInterval(look, seconds * 1000);
    page.addEventListener("visibilitychange", look);
  }
})();
