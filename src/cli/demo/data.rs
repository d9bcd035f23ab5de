//! Who and what is in the demo: a company that moves its sites, told in tables.

/// Seconds of a minute, an hour, a day.
const M: u64 = 60;
const H: u64 = 60 * M;
/// Seconds of a day.
pub(super) const D: u64 = 24 * H;

const MAYA: &str = "local:maya";
const TOM: &str = "local:tom";
const PRIYA: &str = "local:priya";
/// He has left; his keys have not.
const JONAS: &str = "local:jonas";
const CI: &str = "token:ci-deploy";
const TERRAFORM: &str = "token:terraform";

/// A project with all that is its own. Ages are seconds before the demo's start.
pub(super) struct ProjectLine {
    pub(super) name: &'static str,
    pub(super) age: u64,
    pub(super) by: &'static str,
    /// The owner of its keys.
    pub(super) team: &'static str,
    /// When its rules were published, and by whom.
    pub(super) deployed: &'static [(u64, &'static str)],
    /// Rules by hand: source, destination, status; a source that ends in `*` is a beginning.
    pub(super) rules: &'static [(&'static str, &'static str, u16)],
    /// A section whose many pages moved: old and new beginning, and how many.
    pub(super) moved: (&'static str, &'static str, u32),
    pub(super) keys: &'static [KeyLine],
    /// When it was archived, and by whom; its keys went with it.
    pub(super) archived: Option<(u64, &'static str)>,
}

/// A key and its life.
#[derive(Clone, Copy)]
pub(super) struct KeyLine {
    pub(super) name: &'static str,
    pub(super) age: u64,
    pub(super) by: &'static str,
    pub(super) test: bool,
    /// Uses in 30 days, and how long before now (or before its end) the last one was.
    pub(super) used: Option<(u32, u64)>,
    pub(super) callers: u32,
    /// The key that it succeeds.
    pub(super) succeeds: Option<&'static str>,
    /// What it was called before, and when that ended.
    pub(super) was: Option<(&'static str, u64)>,
    /// It has no owner.
    pub(super) orphan: bool,
    pub(super) purpose: Option<&'static str>,
    pub(super) pause: Option<End>,
    pub(super) end: Option<End>,
}

/// A revocation or a pause, and who has not heard of it.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) age: u64,
    pub(super) by: &'static str,
    pub(super) reason: &'static str,
    /// Tries a day since then, and how long ago the last one was.
    pub(super) tried: Option<(u32, u64)>,
}

const fn key(name: &'static str, days: u64, by: &'static str) -> KeyLine {
    KeyLine {
        name,
        age: days * D,
        by,
        test: false,
        used: None,
        callers: 2,
        succeeds: None,
        was: None,
        orphan: false,
        purpose: None,
        pause: None,
        end: None,
    }
}

impl KeyLine {
    const fn test(self) -> KeyLine {
        KeyLine { test: true, ..self }
    }

    const fn used(self, month: u32, last: u64) -> KeyLine {
        KeyLine { used: Some((month, last)), ..self }
    }

    const fn callers(self, callers: u32) -> KeyLine {
        KeyLine { callers, ..self }
    }

    const fn succeeds(self, name: &'static str) -> KeyLine {
        KeyLine { succeeds: Some(name), ..self }
    }

    const fn was(self, name: &'static str, days: u64) -> KeyLine {
        KeyLine { was: Some((name, days * D)), ..self }
    }

    const fn revoked(self, days: u64, by: &'static str, reason: &'static str) -> KeyLine {
        KeyLine { end: Some(End { age: days * D, by, reason, tried: None }), ..self }
    }

    const fn paused(self, days: u64, by: &'static str, reason: &'static str) -> KeyLine {
        KeyLine { pause: Some(End { age: days * D, by, reason, tried: None }), ..self }
    }

    const fn orphan(self) -> KeyLine {
        KeyLine { orphan: true, ..self }
    }

    const fn purpose(self, purpose: &'static str) -> KeyLine {
        KeyLine { purpose: Some(purpose), ..self }
    }

    const fn tried(self, a_day: u32, last: u64) -> KeyLine {
        let tried = Some((a_day, last));
        match (self.end, self.pause) {
            (Some(end), _) => KeyLine { end: Some(End { tried, ..end }), ..self },
            (None, Some(pause)) => KeyLine { pause: Some(End { tried, ..pause }), ..self },
            (None, None) => self,
        }
    }

    /// The owner. Keys that Jonas left behind have none.
    pub(super) fn owner(self, project: &ProjectLine) -> Option<&'static str> {
        (!self.orphan && self.by != JONAS).then_some(project.team)
    }
}

/// A management token: name, role, age, by whom; when it was revoked.
pub(super) const TOKENS: &[(&str, &str, u64, &str, Option<u64>)] = &[
    ("old-jenkins", "member", 762 * D, MAYA, Some(241 * D)),
    ("ci-deploy", "member", 755 * D, MAYA, None),
    ("terraform", "admin", 402 * D, TOM, None),
    ("grafana", "auditor", 117 * D, PRIYA, None),
];

/// The projects; the last one is archived.
pub(super) const PROJECTS: &[ProjectLine] = &[
    ProjectLine {
        name: "storefront",
        age: 761 * D,
        by: MAYA,
        team: "shop-team",
        deployed: &[(690 * D, MAYA), (402 * D, TOM), (133 * D, CI), (34 * D, CI), (2 * D, CI)],
        rules: &[
            ("/shop/*", "/store/", 301),
            ("/cart.php", "/cart", 301),
            ("/sale", "/store/outlet", 302),
            ("/gift-cards", "/store/gifts/cards", 301),
            ("/account/login.php", "/login", 301),
        ],
        moved: ("/product/", "/store/items/", 415),
        keys: &[
            key("web-frontend", 612, MAYA)
                .purpose("Redirects of the shop's pages")
                .used(1_260_000, 2)
                .callers(6),
            key("cdn-worker-eu", 402, TERRAFORM).used(884_000, 4).callers(5),
            key("cdn-worker-us", 402, TERRAFORM).used(1_041_000, 1).callers(5),
            key("cdn-worker-ap", 188, TERRAFORM).used(240_000, 11).callers(4),
            key("ios-app", 388, PRIYA).used(311_000, 7).callers(60),
            key("android-app", 371, PRIYA).used(402_000, 5).callers(64),
            key("search-indexer", 230, TOM).used(9_300, 26 * M),
            key("price-feed", 301, TOM)
                .purpose("Product links in the price feed")
                .used(2_880, 9 * M)
                .callers(1),
            key("ci-smoke-tests", 341, CI).test().used(640, 3 * H),
            key("staging-web", 290, PRIYA).test().used(7_100, 41 * M),
            key("black-friday-load-test", 362, TOM)
                .test()
                .purpose("Load test before Black Friday")
                .used(52_000, 358 * D),
            key("affiliate-export", 520, JONAS).used(61, 47 * D).callers(1),
            key("email-preview", 244, PRIYA).used(95, 38 * D).callers(1),
            key("pos-terminal-berlin", 455, JONAS).used(1_900, 203 * D).callers(1),
            key("tom-laptop", 96, TOM).test().orphan(),
            key("partner-marketplace", 19, MAYA).purpose("Links of the partner marketplace, from December"),
            key("web-frontend-canary", 5, CI).used(18_400, 52).callers(2),
            key("web-frontend-old", 740, MAYA).used(900_000, 4 * D).revoked(
                604,
                MAYA,
                "replaced by the new frontend's own key",
            ),
            key("php-storefront", 758, JONAS)
                .used(310_000, 2 * H)
                .revoked(398, TOM, "PHP shop shut down")
                .tried(210, 12 * M),
            key("contractor-lena", 410, MAYA).used(4_200, 5 * D).revoked(322, MAYA, "contract ended"),
        ],
        archived: None,
    },
    ProjectLine {
        name: "checkout",
        age: 540 * D,
        by: TOM,
        team: "payments",
        deployed: &[(511 * D, TOM), (219 * D, CI), (21 * D, CI)],
        rules: &[
            ("/pay/*", "/checkout/", 308),
            ("/order-status", "/account/orders", 301),
            ("/invoice.php", "/account/invoices", 301),
            ("/returns", "/help/returns", 302),
        ],
        moved: ("/order/", "/account/orders/", 88),
        keys: &[
            key("checkout-api", 211, TERRAFORM).used(702_000, 3).callers(4).succeeds("checkout-api-old"),
            key("checkout-api-old", 539, TOM).used(688_000, 20 * M).callers(4).revoked(
                209,
                TOM,
                "rotated, no more requests",
            ),
            key("payment-webhooks", 405, TERRAFORM)
                .purpose("Return addresses for payment providers")
                .used(88_000, 19)
                .callers(3),
            key("fraud-scoring", 173, PRIYA).used(61_000, 33),
            key("invoice-renderer", 330, TOM).used(12_200, 2 * M),
            key("refund-worker", 330, TOM).used(610, 5 * H).callers(1),
            key("ledger-sync", 268, TERRAFORM).used(720, 58 * M).callers(1),
            key("nightly-reconcile", 412, TOM).used(30, 9 * H).callers(1),
            key("sandbox", 480, PRIYA).test().used(5_400, 17 * M).callers(3),
            key("e2e-cypress", 226, CI).test().used(2_700, 6 * H),
            key("psp-migration", 301, JONAS).used(44_000, 167 * D).callers(1),
            key("tax-service-poc", 240, PRIYA).test().orphan().used(300, 121 * D).callers(1),
            key("apple-pay-domain-check", 147, MAYA).used(12, 33 * D).callers(1),
            key("klarna-integration", 88, TOM).orphan(),
            key("partner-bank-test", 400, JONAS).test(),
            key("incident-0419-debug", 219, TOM).used(900, 30 * M).revoked(218, TOM, "incident closed"),
            key("pos-gateway", 502, JONAS)
                .used(71_000, 3 * D)
                .revoked(140, MAYA, "found in a public repository")
                .tried(34, 6 * H),
        ],
        archived: None,
    },
    ProjectLine {
        name: "docs",
        age: 702 * D,
        by: PRIYA,
        team: "docs-team",
        deployed: &[(655 * D, PRIYA), (310 * D, PRIYA), (91 * D, CI), (9 * D, CI)],
        rules: &[
            ("/v1/*", "/archive/v1/", 301),
            ("/latest", "/v4", 302),
            ("/api.html", "/reference/api", 301),
            ("/changelog.txt", "/releases", 301),
            ("/sdk/php", "/sdks/php/install", 301),
        ],
        moved: ("/guide/", "/guides/", 164),
        keys: &[
            key("docs-site", 655, PRIYA).used(214_000, 6).callers(4),
            key("search-crawler", 301, PRIYA).used(43_000, 71).callers(2),
            key("link-checker", 412, CI).used(4_160, 4 * H).callers(1),
            key("preview-builds", 275, CI).test().used(3_900, 22 * M).callers(3),
            key("pdf-export", 340, PRIYA).used(120, 2 * D).callers(1),
            key("versions-bot", 133, CI).used(60, 13 * H).callers(1),
            key("algolia-sync", 498, PRIYA).used(2_100, 62 * D).callers(1),
            key("sdk-samples", 377, TOM).used(240, 55 * D).callers(1),
            key("gitbook-import", 641, JONAS).used(880, 588 * D).callers(1),
            key("translation-vendor", 402, PRIYA)
                .purpose("Preview links for the translators")
                .used(150, 174 * D)
                .callers(1),
            key("docs-hackday", 211, TOM).test().orphan(),
            key("support-macros", 12, MAYA),
            key("docs-heroku", 700, PRIYA).used(90_000, D).revoked(654, PRIYA, "moved to a new host"),
            key("intern-2024", 512, PRIYA).used(300, 2 * D).revoked(420, PRIYA, "internship ended"),
        ],
        archived: None,
    },
    ProjectLine {
        name: "blog",
        age: 733 * D,
        by: MAYA,
        team: "content",
        deployed: &[(730 * D, MAYA), (365 * D, JONAS), (58 * D, CI)],
        rules: &[
            ("/wp-content/*", "https://cdn.example.com/blog/", 301),
            ("/feed", "/rss.xml", 301),
            ("/author/jonas", "/team", 302),
            ("/2019/*", "/archive/2019/", 301),
        ],
        moved: ("/p/", "/posts/", 236),
        keys: &[
            key("ghost-frontend", 365, MAYA).used(158_000, 8).callers(3).was("ghost-test", 360),
            key("newsletter-links", 344, PRIYA)
                .purpose("Short links in the newsletter")
                .used(27_500, 3 * M)
                .callers(2),
            key("rss-proxy", 301, TOM).used(21_600, 64).callers(1),
            key("social-preview", 187, PRIYA).used(3_300, 48 * M).callers(8),
            key("amp-cache", 590, JONAS).used(12_000, 131 * D).callers(4),
            key("wordpress-importer", 372, JONAS).used(2_400, 364 * D).callers(1),
            key("guest-author-tool", 233, MAYA).used(45, 71 * D).callers(1),
            key("comment-widget", 455, JONAS).used(6_300, 411 * D).callers(3),
            key("seo-audit-agency", 260, MAYA).used(750, 97 * D).callers(2),
            key("draft-previews", 152, PRIYA).test().used(380, 7 * H),
            key("podcast-player", 63, PRIYA),
            key("wordpress", 731, MAYA)
                .used(120_000, 6 * H)
                .revoked(358, MAYA, "WordPress retired")
                .tried(3, 31 * H),
            key("jonas-scripts", 600, JONAS).used(90, 12 * D).revoked(149, MAYA, "Jonas left"),
            key("jetpack", 702, JONAS).used(8_800, 3 * D).revoked(357, MAYA, "WordPress retired"),
        ],
        archived: None,
    },
    ProjectLine {
        name: "marketing-site",
        age: 611 * D,
        by: PRIYA,
        team: "marketing",
        deployed: &[
            (600 * D, PRIYA),
            (288 * D, PRIYA),
            (102 * D, CI),
            (44 * D, CI),
            (5 * D, CI),
            (8 * H, CI),
        ],
        rules: &[
            ("/campaign/*", "/c/", 302),
            ("/webinar", "/events/next", 307),
            ("/pricing.html", "/pricing", 301),
            ("/jobs", "https://careers.example.com/", 302),
            ("/press/kit.zip", "/press", 301),
        ],
        moved: ("/landing/", "/lp/", 142),
        keys: &[
            key("nextjs-edge", 288, PRIYA).used(466_000, 1).callers(6),
            key("campaign-links", 420, PRIYA).used(96_000, 14).callers(3),
            key("qr-codes", 199, PRIYA)
                .purpose("QR codes on packaging and posters")
                .used(7_700, 6 * M)
                .callers(48),
            key("ab-testing", 134, TOM).used(33_000, 90).callers(2),
            key("hubspot-sync", 377, PRIYA).used(1_440, 33 * M).callers(1),
            key("utm-reporter", 214, PRIYA).used(30, 21 * H).callers(1),
            key("lighthouse-ci", 164, CI).test().used(540, 2 * H).callers(1),
            key("storybook", 141, CI).test().used(70, 16 * D).callers(1),
            key("webflow-prototype", 402, PRIYA).test().used(620, 266 * D).callers(1),
            key("trade-show-kiosk", 333, JONAS).used(3_100, 302 * D).callers(1),
            key("agency-northlight", 250, PRIYA)
                .used(1_100, 83 * D)
                .callers(2)
                .purpose("Landing pages built by Northlight")
                .paused(12, MAYA, "asked the agency whether they still need it")
                .tried(3, 2 * H),
            key("agency-brightside", 480, PRIYA).used(1_600, 399 * D).callers(2),
            key("event-app", 205, MAYA),
            key("print-catalogue-2025", 44, PRIYA).purpose("Links printed in the 2025 catalogue"),
            key("gatsby-site", 598, PRIYA).used(140_000, D).revoked(287, PRIYA, "replaced by nextjs-edge"),
            key("google-ads-script", 330, PRIYA)
                .used(2_900, 40 * M)
                .revoked(26, MAYA, "pasted into a support ticket")
                .tried(96, 47),
        ],
        archived: None,
    },
    ProjectLine {
        name: "help-center",
        age: 421 * D,
        by: TOM,
        team: "support",
        deployed: &[(415 * D, TOM), (77 * D, CI)],
        rules: &[
            ("/hc/en-us/*", "/en/", 301),
            ("/hc/de/*", "/de/", 301),
            ("/contact.html", "/contact", 301),
            ("/status", "https://status.example.com/", 302),
        ],
        moved: ("/articles/", "/a/", 197),
        keys: &[
            key("help-frontend", 415, TOM).used(121_000, 9).callers(4),
            key("chat-widget", 242, TOM).used(54_000, 25).callers(28),
            key("zendesk-app", 388, TOM).used(5_200, 14 * M).callers(3),
            key("answer-bot", 71, PRIYA).used(38_000, 40).callers(2),
            key("article-importer", 412, TOM).used(1_900, 405 * D).callers(1),
            key("ticket-exporter", 301, JONAS).used(60, 64 * D).callers(1),
            key("translations", 190, PRIYA).used(210, 36 * D).callers(1),
            key("phone-ivr", 277, JONAS).used(940, 152 * D).callers(1),
            key("staging", 260, TOM).test().used(330, 19 * H).callers(2),
            key("qa-regression", 158, CI).test().used(450, 30 * H).callers(1),
            key("on-call-bookmarklet", 130, TOM).orphan(),
            key("community-forum", 3, MAYA),
            key("intercom-trial", 333, TOM).used(800, 4 * D).revoked(290, TOM, "trial ended"),
            key("zendesk-theme", 401, JONAS).used(26_000, 9 * H).revoked(
                380,
                TOM,
                "replaced by our own theme",
            ),
        ],
        archived: None,
    },
    ProjectLine {
        name: "mobile-app",
        age: 372 * D,
        by: PRIYA,
        team: "mobile",
        deployed: &[(350 * D, PRIYA), (166 * D, CI), (15 * D, CI)],
        rules: &[
            ("/open/*", "/app/", 307),
            ("/invite", "/app/invite", 302),
            ("/.well-known/assetlinks.json", "/app/assetlinks.json", 301),
            ("/get", "/app/download", 302),
        ],
        moved: ("/s/", "/share/", 74),
        keys: &[
            key("deep-links", 350, PRIYA).used(517_000, 2).callers(72),
            key("ios-release", 166, CI).used(203_000, 6).callers(44).succeeds("ios-release-3"),
            key("android-release", 166, CI).used(288_000, 3).callers(51).succeeds("android-release-3"),
            key("ios-testflight", 161, CI).test().used(6_600, 8 * M).callers(12),
            key("android-beta", 161, CI).test().used(7_900, 13 * M).callers(14),
            key("push-service", 233, TERRAFORM)
                .purpose("Links in push notifications")
                .used(64_000, 21)
                .callers(2),
            key("share-sheet", 98, PRIYA).used(19_000, 77).callers(20),
            key("crash-reporter", 280, PRIYA).used(300, 44 * D).callers(1),
            key("ios-release-3", 344, PRIYA).used(190_000, 118 * D).callers(30),
            key("android-release-3", 344, PRIYA).used(260_000, 92 * D).callers(32),
            key("wear-os-experiment", 271, PRIYA).test().used(80, 240 * D).callers(1),
            key("device-farm", 140, CI).test(),
            key("tablet-kiosk", 30, TOM),
            key("priya-phone", 2, PRIYA).test().used(14, 4 * M).callers(1),
            key("ios-release-2", 370, PRIYA)
                .used(120_000, 2 * D)
                .revoked(95, PRIYA, "version 2 no longer supported")
                .tried(1_450, 4),
            key("android-release-2", 370, PRIYA)
                .used(150_000, 2 * D)
                .revoked(95, PRIYA, "version 2 no longer supported")
                .tried(1_980, 9),
        ],
        archived: None,
    },
    ProjectLine {
        name: "legacy-portal",
        age: 758 * D,
        by: JONAS,
        team: "it-ops",
        deployed: &[(749 * D, JONAS), (571 * D, JONAS)],
        rules: &[
            ("/portal.asp", "/", 301),
            ("/members/*", "/account/", 301),
            ("/download.cgi", "/downloads", 301),
        ],
        moved: ("/node/", "/content/", 310),
        keys: &[
            key("iis-rewrite", 749, JONAS).used(8_200, 6 * H).callers(2),
            key("uptime-probe", 340, TERRAFORM)
                .purpose("Uptime checks every minute")
                .used(43_200, 38)
                .callers(3),
            key("sftp-bridge", 733, JONAS).used(240, 517 * D).callers(1),
            key("crystal-reports", 720, JONAS).used(60, 702 * D).callers(1),
            key("intranet", 690, JONAS).used(3_000, 433 * D).callers(1),
            key("vendor-edi", 655, JONAS).used(480, 229 * D).callers(1),
            key("fax-gateway", 744, JONAS).used(9, 730 * D).callers(1),
            key("backup-server", 512, JONAS).used(30, 94 * D).callers(1),
            key("reporting-vm", 498, JONAS).used(120, 58 * D).callers(1),
            key("jonas-test", 611, JONAS).test().used(40, 604 * D).callers(1),
            key("decommission-checks", 57, MAYA).used(300, 3 * D).callers(1),
            key("unknown-do-not-delete", 735, JONAS),
            key("drupal", 757, JONAS).used(88_000, 3 * D).revoked(549, JONAS, "portal is static now"),
            key("partner-sap", 700, JONAS)
                .used(5_100, 2 * D)
                .revoked(61, MAYA, "contract ended")
                .tried(24, 55 * M),
        ],
        archived: None,
    },
    ProjectLine {
        name: "winter-sale-2024",
        age: 720 * D,
        by: PRIYA,
        team: "marketing",
        deployed: &[(718 * D, PRIYA)],
        rules: &[("/sale", "/winter", 302)],
        moved: ("/deal/", "/winter/", 40),
        keys: &[
            key("landing-page", 719, PRIYA).used(230_000, 9 * D).callers(3),
            // One key is left for the archive: in what order it revokes several is left to their ids.
            key("countdown-widget", 719, PRIYA).used(61_000, 12 * D).callers(5).revoked(
                668,
                PRIYA,
                "countdown ended",
            ),
        ],
        archived: Some((640 * D, PRIYA)),
    },
];
