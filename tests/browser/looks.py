"""What a page must be for everybody: nothing nameless, nothing pale, nothing that has to be pushed sideways."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import CDPSession, Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
BUTTONS = ("button", "link", "switch")
CHOICES = ("checkbox", "combobox", "listbox", "radio")
INPUTS = ("textbox", "searchbox", "slider", "spinbutton", "Date", "DateTime", "InputTime")
CONTROLS = frozenset((*BUTTONS, *CHOICES, *INPUTS))

TOO_WIDE = """() => {
    const excess = document.documentElement.scrollWidth - innerWidth;
    if (excess <= 1) return [];
    const scrolls = (element) => {
        for (let up = element.parentElement; up; up = up.parentElement) {
            if (getComputedStyle(up).overflowX !== 'visible' && up !== document.body
                && up !== document.documentElement) return true;
        }
        return false;
    };
    const wide = [...document.querySelectorAll('body *')].filter(
        (element) => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element));
    return [`${excess} px too wide: ` + wide.slice(-3).map(
        (element) => `${element.tagName}#${element.id}.${element.className}`).join(' ')];
}"""

TOO_PALE = """() => {
    const channel = (value) => {
        value /= 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const parse = (text) => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
    const behind = (element) => {
        const layers = [];
        for (let up = element; up; up = up.parentElement) {
            const style = getComputedStyle(up);
            if (style.backgroundImage !== 'none' && up !== element) return null;
            layers.push(parse(style.backgroundColor));
            if (layers.at(-1)[3] === 1) break;
        }
        return layers.reduceRight((below, top) => over(top, below), [255, 255, 255]);
    };
    document.getAnimations().forEach((animation) => animation.finish());
    const found = new Map();
    for (const element of document.querySelectorAll('body *')) {
        const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const text = own.map((node) => node.data.trim()).join('');
        if (!text || element.closest('[hidden], .visually-hidden, option, script, :disabled')) continue;
        if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        const style = getComputedStyle(element);
        const ground = behind(element);
        if (!ground) continue;
        const ink = over(parse(style.color), ground);
        const [dark, light] = [luminance(ink), luminance(ground)].sort((one, other) => one - other);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
        const ratio = (light + 0.05) / (dark + 0.05);
        if (ratio < (large ? 3 : 4.5)) {
            const path = `${element.tagName}.${element.className} in .${element.parentElement.className}`;
            found.set(path, `${ratio.toFixed(2)} “${text.slice(0, 30)}” ${path}`);
        }
    }
    return [...found.values()];
}"""

LAST_COLUMN_CUT_OFF = """() => {
    const results = document.querySelector('#changelist .results');
    if (!results) return [];
    const cut = Math.max(
        results.scrollWidth - results.clientWidth,
        results.querySelector('thead th:last-child').getBoundingClientRect().right - innerWidth);
    return cut > 1 ? [`the last column of the list is cut off by ${Math.round(cut)} px`] : [];
}"""

HAS_FOCUS = "() => document.activeElement.matches('#content *')"
FIRST_STOP = "() => document.activeElement.matches('.skip-to-content-link, #site-name a')"


class Looks:
    """Opens pages and says what is wrong with each; their colours are the same in every language."""

    def __init__(self, page: Page, *, with_colours: bool = True) -> None:
        self.page = page
        self._schemes = ("light", "dark") if with_colours else ()
        self._inside: CDPSession = page.context.new_cdp_session(page)

    def problems(self, address: str) -> list[str]:
        self.page.goto(address)
        problems = [*self._begins(), *self.problems_here()]
        return [f"{address} {problem}" for problem in problems]

    def problems_here(self) -> list[str]:
        """Look at the page as it is: what is only shown to who has sent a form."""
        problems = self._nameless_at_last()
        for scheme in self._schemes:
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            problems += [f"{scheme}: too pale: {found}" for found in self.page.evaluate(TOO_PALE)]
        self.page.set_viewport_size(PHONE)
        problems += self.page.evaluate(TOO_WIDE)
        self.page.set_viewport_size(DESK)
        self.page.emulate_media(color_scheme="light")
        return problems

    def cut_off_column(self, address: str) -> list[str]:
        """Say whether a list cuts off its last column on a desktop."""
        self.page.goto(address)
        return [f"{address} {problem}" for problem in self.page.evaluate(LAST_COLUMN_CUT_OFF)]

    def _begins(self) -> Iterator[str]:
        # A form that is to be filled in has the focus in its first field; elsewhere the way past the menu comes first.
        if not self.page.evaluate(HAS_FOCUS):
            self.page.keyboard.press("Tab")
            if not self.page.evaluate(FIRST_STOP):
                yield "does not begin with the skip link"

    def _nameless_at_last(self) -> list[str]:
        """Wait for the scripts that name what the server does not."""
        for _time in range(10):
            found = list(self._nameless())
            if not found:
                break
            self.page.wait_for_timeout(200)
        return found

    def _nameless(self) -> Iterator[str]:
        """Ask the browser for what it tells a screen reader."""
        for node in self._inside.send("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value")
            if role in CONTROLS and not node["ignored"] and not node.get("name", {}).get("value", "").strip():
                found = self._inside.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})["node"]
                yield f"nameless {role}: {found['nodeName']} {found.get('attributes')}"
