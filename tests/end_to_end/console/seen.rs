//! Every page in every state, as a person sees it: screenshots, axe-core, the keyboard, narrow
//! windows, and the size of the page.
//!
//! The screenshots are in `target/console/`. axe-core runs if `AXE_CORE` names its `axe.min.js`, as
//! in `.ci/run`.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::states;
use super::webdriver::Scripts;
use super::window::{TAB, Window};
use crate::links;
use crate::world::{Shared, text};

const AXE: &str = "AXE_CORE";
/// If this is set, the test writes the picture in the README again.
const UPDATE: &str = "UPDATE_PICTURE";
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/console.png");

/// The maximum size, in octets, of a page.
const HEAVIEST: u64 = 50_000;
/// The narrowest supported window, in CSS pixels.
const NARROWEST: u32 = 320;

/// Window widths in CSS pixels, each with the person's preferred colour scheme.
const LOOKS: [(u32, &str); 4] = [
    (360, "dark"),
    (360, "light"),
    (1280, "dark"),
    (1280, "light"),
];

/// Opens all folded parts.
const UNFOLD: &str =
    "for (const folded of document.querySelectorAll('details')) folded.open = true;";

/// Runs axe-core, and returns its findings with a line for each element.
const RUN_AXE: &str = "
    const done = arguments[0];
    axe.run(document, { resultTypes: ['violations'] }).then((result) => done(result.violations.flatMap(
      (found) => found.nodes.map((node) => `${found.id}: ${node.target} ${node.failureSummary}`))),
      (error) => done([String(error)]));";

/// Records where the focus goes, and whether it is visible.
const WATCH_FOCUS: &str = "
    document.activeElement.blur();
    window.scrollTo(0, 0);
    const reachable = 'a[href], button:not(:disabled), input:not([type=hidden]), select, textarea, summary, [tabindex]';
    const all = [...document.querySelectorAll(reachable)].filter((it) => it.getClientRects().length > 0);
    document.stops = new Map(all.map((element) => [element, 'not reached']));
    document.addEventListener('focusin', ({ target }) => {
      const style = getComputedStyle(target);
      document.stops.set(target, style.outlineStyle === 'none' ? 'no outline' : 'reached');
    });
    return all.length;";
const FOCUS_SEEN: &str = "
    return [...document.stops].filter(([, how]) => how !== 'reached').map(([it, how]) => `${how}: ${it.outerHTML.slice(0, 200)}`);";

/// The size of the page, and the milliseconds from the click to the last octet.
const WEIGHT: &str = "
    const [page] = performance.getEntriesByType('navigation');
    const others = performance.getEntriesByType('resource').filter((it) => it.initiatorType !== 'fetch');
    return { octets: page.decodedBodySize, others: others.map((it) => it.name), ms: Math.round(page.responseEnd - page.startTime) };";

/// How often the first page is loaded to measure its time.
const TIMES: usize = 20;

/// The path of axe-core, if it is available.
pub(super) fn axe() -> Option<PathBuf> {
    std::env::var_os(AXE).map(PathBuf::from)
}

/// Inspects pages, and collects the problems of each.
struct Inspection {
    axe: String,
    folder: PathBuf,
    wrong: Vec<String>,
    took: Vec<String>,
}

/// The pages of the console and the hand-off page.
pub(super) async fn pages(world: Shared) {
    let axe = axe().expect("AXE_CORE names the axe.min.js of axe-core");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../console");
    fs::create_dir_all(&folder).unwrap();
    let mut inspection = Inspection {
        axe: fs::read_to_string(axe).unwrap(),
        folder,
        wrong: Vec::new(),
        took: Vec::new(),
    };
    let console = &world.info.console_url;
    let domains = states::one_in_each(&world).await;

    let admin = Window::open(Scripts::On).await;
    // It does find problems.
    admin
        .go("data:text/html,<img src='x'><a href='/'></a>")
        .await;
    admin.run(&inspection.axe, json!([])).await;
    let found = admin.run_until_done(RUN_AXE, json!([])).await.to_string();
    assert!(
        found.contains("image-alt") && found.contains("link-name"),
        "{found}"
    );
    admin.go(console).await;
    admin.sign_in(&world.info.users.client_admin).await;
    inspection.look(&admin, "list").await;
    let first = first_page(&admin, console).await;
    inspection
        .took
        .push(format!("the first page, median of {TIMES}: {first} ms"));
    for (state, domain) in &domains {
        admin.go(&format!("{console}/domains/{domain}")).await;
        inspection.look(&admin, &format!("domain-{state}")).await;
        if *state == "pending" {
            picture(&admin).await;
        }
    }
    let of = |state: &str| {
        let mut found = domains.iter().filter(|(known, _)| *known == state);
        found.next().unwrap().1.clone()
    };
    let pending = of("pending");
    let link = links::made(&world, &pending).await.body;
    let verified_link = links::made(&world, &of("verified")).await.body;
    for below in ["hand-over", "history", "settings", "remove"] {
        admin
            .go(&format!("{console}/domains/{pending}/{below}"))
            .await;
        inspection.look(&admin, below).await;
    }
    admin.go(console).await;
    admin.fill("domain", "not a domain").await;
    admin.click("ADD DOMAIN").await;
    admin.reads("is not a domain").await;
    inspection.look(&admin, "list-refused").await;
    admin
        .go(&format!("{console}/domains/unknown.example"))
        .await;
    inspection.look(&admin, "no-such-page").await;

    let other = Window::open(Scripts::On).await;
    other.go(console).await;
    other.sign_in(&world.info.users.no_role).await;
    inspection.look(&other, "without-a-role").await;
    other.click("Sign out").await;
    other.reads("Password").await;
    other.go(text(&link["url"])).await;
    inspection.look(&other, "handoff-pending").await;
    other.go(text(&verified_link["url"])).await;
    inspection.look(&other, "handoff-verified").await;
    other.go(&format!("{}0", text(&link["url"]))).await;
    inspection.look(&other, "handoff-unknown").await;

    let support = Window::open(Scripts::On).await;
    support.go(console).await;
    support.sign_in(&world.info.users.support).await;
    inspection.look(&support, "staff-queue").await;
    let client = &world.info.clients.client_admin;
    let staff = format!("{console}/staff");
    support.go(&format!("{staff}?waiting_for=client")).await;
    inspection.look(&support, "staff-clients").await;
    support.go(&format!("{staff}?domain={pending}")).await;
    inspection.look(&support, "staff-search").await;
    support.go(&format!("{staff}/clients/{client}")).await;
    inspection.look(&support, "staff-client").await;
    for (state, domain) in &domains {
        let place = format!("{staff}/clients/{client}/domains/{domain}");
        support.go(&place).await;
        inspection
            .look(&support, &format!("staff-domain-{state}"))
            .await;
    }
    let history = format!("{staff}/clients/{client}/domains/{pending}/history");
    support.go(&history).await;
    inspection.look(&support, "staff-history").await;
    inspection.conclude();
}

impl Inspection {
    /// Inspects the page in the window.
    async fn look(&mut self, window: &Window, name: &str) {
        for (width, scheme) in LOOKS {
            as_seen(window, width, scheme).await;
            let file = self.folder.join(format!("{name}-{width}-{scheme}.png"));
            fs::write(file, photograph(window, None).await).unwrap();
        }
        // Each layout and each scheme once, with all parts unfolded.
        window.run(UNFOLD, json!([])).await;
        for (width, scheme) in [LOOKS[0], LOOKS[3]] {
            as_seen(window, width, scheme).await;
            window.run(&self.axe, json!([])).await;
            let found = window.run_until_done(RUN_AXE, json!([])).await;
            self.note_all(&format!("{name}, {width}, {scheme}"), &found);
        }
        window.resize(NARROWEST).await;
        let widths =
            "const page = document.documentElement; return [page.scrollWidth, page.clientWidth];";
        let widths = window.run(widths, json!([])).await;
        if widths[0].as_u64() > widths[1].as_u64() {
            self.wrong
                .push(format!("{name} scrolls sideways: {widths}"));
        }
        window.resize(1280).await;
        let stops = window.run(WATCH_FOCUS, json!([])).await.as_u64().unwrap();
        // One more, because the first may go to something outside the page.
        let tabs = usize::try_from(stops).unwrap() + 2;
        window.press(std::iter::repeat_n(TAB, tabs)).await;
        let unseen = window.run(FOCUS_SEEN, json!([])).await;
        self.note_all(name, &unseen);

        let weight = window.run(WEIGHT, json!([])).await;
        let octets = weight["octets"].as_u64().unwrap();
        if octets == 0 || octets > HEAVIEST || weight["others"] != json!([]) {
            self.wrong.push(format!("{name} is heavy: {weight}"));
        }
        self.took
            .push(format!("{name} {} ms, {octets} octets", weight["ms"]));
        let log = window
            .driver()
            .command("se/log", json!({ "type": "browser" }));
        let log = log.await.unwrap();
        // The browser's own message about an error response is not an error of the page.
        let complaints = log.as_array().unwrap().iter().filter(|line| {
            line["level"] == json!("SEVERE")
                && !text(&line["message"]).contains("the server responded with")
        });
        self.wrong
            .extend(complaints.map(|line| format!("{name}: {line}")));
    }

    fn note_all(&mut self, name: &str, found: &Value) {
        let found = found.as_array().unwrap().iter();
        self.wrong
            .extend(found.map(|line| format!("{name}: {}", text(line))));
    }

    #[expect(
        clippy::print_stdout,
        reason = "a measurement, which no test is held to"
    )]
    fn conclude(self) {
        println!("Pages of the console: {}.", self.took.join("; "));
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

/// The median time of the first page, in milliseconds.
async fn first_page(window: &Window, console: &str) -> u64 {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        window.go(console).await;
        let weight = window.run(WEIGHT, json!([])).await;
        took.push(weight["ms"].as_u64().unwrap());
    }
    took.sort_unstable();
    took[TIMES / 2]
}

async fn as_seen(window: &Window, width: u32, scheme: &str) {
    window.resize(width).await;
    let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
    let features = json!({ "features": [feature] });
    window
        .driver()
        .devtools("Emulation.setEmulatedMedia", features)
        .await;
}

/// A PNG of the page from its top, complete or up to this height.
async fn photograph(window: &Window, height: Option<u32>) -> Vec<u8> {
    let size =
        "const page = document.documentElement; return [page.clientWidth, page.scrollHeight];";
    let size = window.run(size, json!([])).await;
    let height = height.map_or_else(|| size[1].clone(), |height| json!(height));
    let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 });
    let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let taken = window
        .driver()
        .devtools("Page.captureScreenshot", wanted)
        .await;
    BASE64_STANDARD.decode(text(&taken["data"])).unwrap()
}

/// The picture in the README. It is written if `UPDATE_PICTURE` is set, but not compared, because
/// fonts differ between machines.
async fn picture(window: &Window) {
    if std::env::var_os(UPDATE).is_some() {
        as_seen(window, 900, "light").await;
        window.reload().await;
        fs::write(PICTURE, photograph(window, Some(900)).await).unwrap();
    }
    let picture = fs::read(PICTURE).expect("the picture in the README");
    assert!(picture.starts_with(b"\x89PNG") && picture.len() < 200_000);
}
