//! `report.html` in a real browser: on A4, on a phone, and without a request.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::keys::json;
use crate::support::home::Home;
use crate::support::{program, skipped, until};

/// The width of a phone, in pixels.
const PHONE: u32 = 390;
/// A key that asks for a picture, a script and a style, if its texts become markup.
const NAME: &str = "<img src=http://leak.test/a.png onerror=alert(1)>";
const OWNER: &str = "\"><script src=http://leak.test/b.js></script>";
const PURPOSE: &str = "<style>@import url(http://leak.test/c.css)</style><iframe src=//leak.test/d></iframe>";

/// The browser, if there is one.
fn browser(what: &str) -> Option<std::path::PathBuf> {
    let found = ["chromium", "google-chrome"].into_iter().find_map(program);
    if found.is_none() {
        skipped(&format!("{what}: chromium is not installed"));
    }
    found
}

/// What it prints of a page in a folder; no name leads to an address.
fn open(browser: &Path, folder: &Path, page: &str, args: &[&str]) -> String {
    let profile = tempfile::tempdir().expect("a folder");
    let printed = profile.path().join("printed");
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"])
        .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
        .args(args)
        .arg(format!("file://{}", folder.join(page).display()))
        .env("HOME", profile.path())
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&printed).expect("a file"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the browser starts");
    until("the browser ends", || child.try_wait().expect("a child").is_some());
    std::fs::read_to_string(&printed).expect("UTF-8")
}

/// A pack of an executed review, from a server that runs.
fn pack() -> Home {
    let home = Home::new();
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    home.ok(&["projects", "create", "shop"]);
    let unbroken = "W".repeat(64);
    for name in ["web", NAME, &unbroken, "Überweisungen", "鍵 の 一覧"] {
        let key = ["keys", "create", name, "--project", "shop", "--owner", OWNER, "--purpose", PURPOSE];
        home.ok(&key);
    }
    home.ok(&["audit", "review", "start", "Q4 2026", "--due", "14d"]);
    let decide = ["audit", "review", "decide", "Q4 2026"];
    home.ok(&[&decide[..], &["shop/web", "keep", "--reason", "used by the checkout"]].concat());
    home.ok(&[&decide[..], &[&format!("shop/{unbroken}"), "revoke", "--reason", &"x".repeat(300)]].concat());
    home.ok(&["audit", "review", "execute", "Q4 2026", "--yes"]);
    home.ok(&["audit", "report", "--review", "Q4 2026", "--out", "pack"]);
    home
}

/// The addresses that a page asked for.
fn requests(log: &Path) -> Vec<String> {
    let log: Value = json(&std::fs::read_to_string(log).expect("a log"));
    let events = log["events"].as_array().expect("events");
    let mut of_page: Vec<String> = events
        .iter()
        .map(|event| &event["params"])
        // The browser's own requests have no initiator.
        .filter(|params| params["initiator"].as_str().is_some_and(|from| from != "not an origin"))
        .filter_map(|params| params["url"].as_str())
        .filter(|url| !url.starts_with("file:") && !url.starts_with("data:"))
        .map(str::to_owned)
        .collect();
    of_page.dedup();
    of_page
}

#[test]
fn a_report_opens_on_a4_and_on_a_phone_and_asks_nobody_for_anything() {
    let Some(browser) = browser("report.html in a browser") else { return };
    let home = pack();
    let folder = home.path();

    // On paper.
    let (pdf, log) = (folder.join("report.pdf"), folder.join("net.json"));
    let (to_pdf, to_log) =
        (format!("--print-to-pdf={}", pdf.display()), format!("--log-net-log={}", log.display()));
    open(&browser, folder, "pack/report.html", &["--no-pdf-header-footer", &to_pdf, &to_log]);
    let printed = String::from_utf8_lossy(&std::fs::read(&pdf).expect("a PDF")).into_owned();
    let pages = printed.matches("/Type /Page\n").count();
    assert!((2..=9).contains(&pages), "{pages} pages");
    assert_eq!(printed.matches("/MediaBox [0 0 594.95996 841.91998]").count(), pages, "A4");
    if let Some(reader) = program("pdftotext") {
        let text = Command::new(reader).arg(&pdf).arg("-").output().expect("it reads").stdout;
        // Lines are broken where the columns end.
        let text: String = String::from_utf8_lossy(&text).split_whitespace().collect();
        for words in
            ["Access review: Q4 2026", "Figures for standards", "used by the checkout", "<img src=http"]
        {
            assert!(text.contains(&words.replace(' ', "")), "no {words} in {text}");
        }
    } else {
        skipped("the text of a printed report: pdftotext is not installed");
    }
    assert_eq!(requests(&log), [""; 0], "no request");

    // The same log shows the request of a page that has one.
    std::fs::write(folder.join("other.html"), "<img src=http://leak.test/a.png>").expect("written");
    open(&browser, folder, "other.html", &["--dump-dom", &to_log]);
    assert_eq!(requests(&log), ["http://leak.test/a.png"]);

    // On a phone nothing is wider than the screen, nor in the rows that are laid out only when they are seen.
    let frame = "<!DOCTYPE html><iframe id=f width=WIDTH height=800 style='border:0' src=pack/report.html></iframe>
        <pre id=said></pre><script>onload = () => {
        const page = f.contentDocument, root = page.documentElement;
        page.querySelectorAll('div.part').forEach(part => part.style.contentVisibility = 'visible');
        const wide = [...page.body.querySelectorAll('*')].filter(it => it.getBoundingClientRect().right > WIDTH);
        said.textContent = JSON.stringify({ page: [root.clientWidth, root.scrollWidth], rows: page.querySelectorAll('tr').length,
            wide: wide.map(it => it.outerHTML.slice(0, 80)) }) }</script>";
    std::fs::write(folder.join("phone.html"), frame.replace("WIDTH", &PHONE.to_string())).expect("written");
    let shown = open(&browser, folder, "phone.html", &["--allow-file-access-from-files", "--dump-dom"]);
    let said = shown.split("<pre id=\"said\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let said = json(said.expect("what the page said"));
    assert_eq!(said["page"], serde_json::json!([PHONE, PHONE]), "no scrolling to the side: {said}");
    assert_eq!(said["wide"], serde_json::json!([]));
    assert!(said["rows"].as_u64().is_some_and(|rows| rows > 30), "{said}");
}

#[test]
fn a_report_has_no_tag_and_no_style_that_loads_anything() {
    let home = pack();
    let html = std::fs::read_to_string(home.path().join("pack/report.html")).expect("a report");
    let known = "html head meta title style body h1 h2 p dl dt dd table thead tbody tr th td small div";
    let known: Vec<&str> = known.split(' ').collect();
    let mut tags = 0;
    for tag in html.split('<').skip(1) {
        let inner = tag.split('>').next().expect("a tag").trim_start_matches('/');
        let name = inner.split_ascii_whitespace().next().expect("a name");
        assert!(known.contains(&name) || inner == "!DOCTYPE html", "<{inner}>");
        for attribute in ["src", "href", "style=", "on", "refresh", "action"] {
            let has = inner.split_ascii_whitespace().skip(1).any(|one| one.starts_with(attribute));
            assert!(!has, "<{inner}>");
        }
        tags += 1;
    }
    assert!(tags > 100, "{tags}");
    let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
    for loads in ["url(", "@import", "image(", "@font-face", "http"] {
        assert!(!style.contains(loads), "{loads}");
    }
    assert!(html.contains("default-src 'none'") && html.contains("&lt;img src=http://leak.test/a.png"));
}
